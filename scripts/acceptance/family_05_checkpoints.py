"""5. Checkpoints: other people's files, read without executing anything in them"""

from __future__ import annotations

import sys

from fuzz import TESTS, counts, table
from page import ROOT, Page
from reports import cell, reported

PARITY = tuple(f"tests_parity/test_{name}.py" for name in ("biggan", "vqgan", "taming"))


def show(page: Page) -> None:
    page.say("A pickle that would run a command, an error page saved as a checkpoint, one that is cut short:")
    page.quietly("python3 -c \"import pickle,os; open('evil.ckpt','wb').write(b'cposix\\nsystem\\n(S\\'touch canary\\'\\ntR.')\"")
    page.run("reverie 'a fox' --generator ./evil.ckpt; ls canary", code=2)
    page.quietly("printf '<!DOCTYPE html><html><body>404</body></html>' > page.ckpt")
    page.run("reverie 'a fox' --generator ./page.ckpt", code=2)
    page.quietly("head -c 3000 /dev/urandom > noise.pth")
    page.run("reverie 'a fox' --generator ./noise.pth", code=2)
    page.tests("tests/test_checkpoints_read.py", "tests/test_checkpoints_convert.py")
    damaged(page)
    parity(page)


def damaged(page: Page) -> None:
    """Files with something wrong in them: how many each reader read all the same, and how many it refused."""
    page.say(
        "Damaged files: a few bytes changed, or one value of what a file says of itself, differently for each. Each is read, which here "
        "means that all that is looked at in it was sound, or refused in a line; another exception, or a file made or a call run on the "
        "way, fails the test. Who only asks what a file holds refuses none."
    )
    told = reported(page, sys.executable, TESTS)
    page.say(table(counts(told)))
    bad = sum(case.ended != "passed" for case in told.values())
    page.check(f"`pytest {' '.join(TESTS)}`: {len(told)} tests, {bad} of them not passed", bool(told) and not bad)


def parity(page: Page) -> None:
    """The largest difference that each comparison with somebody else's network measured."""
    python = ROOT / ".parity-venv" / "bin" / "python"
    if not python.exists():
        page.say("Beside other people's networks: not run here, since `make parity` has made no environment for them.")
        return
    told = reported(page, str(python), PARITY)
    page.say(
        "Beside other people's networks, with the same weights read from their files: the largest difference of a number, and the one "
        "allowed. Pictures are between -1 and 1."
    )
    rows = [(test, what, *value.split()) for test, case in told.items() for what, value in case.told]
    lines = [f"| `{cell(test)}` | {what} | {error} | {limit} |" for test, what, error, limit in rows]
    page.say("\n".join(["| test | of | error | limit |", "|---|---|---|---|", *lines]))
    skipped = [test for test, case in told.items() if case.ended == "skipped"]
    if skipped:
        page.say(f"{len(skipped)} tests beside taming's own code are skipped, since REVERIE_TAMING names no checkout.")
    bad = sum(case.ended == "failed" for case in told.values())
    page.check(
        "BigGAN beside pytorch-pretrained-biggan, VQGAN beside diffusers, VQGAN, GumbelVQ and transformer beside taming: "
        f"{len(rows)} comparisons, {bad} tests failed",
        bool(rows) and not bad,
    )
