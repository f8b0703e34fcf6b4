"""9. Every feature of the originals, and the test that shows it"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from features import Feature, features
from page import ROOT, Page, execute
from reports import begun, cell, reported

CHECKOUTS = ("REVERIE_VQGAN_CLIP", "REVERIE_BIG_SLEEP", "REVERIE_DEEP_DAZE")
PARITY = "tests_parity/"


def show(page: Page) -> None:
    rows = features()
    wanted = sorted({test for row in rows for test in row.tests})
    outcomes: dict[str, str] = {}
    for python, tests in (
        (sys.executable, [test for test in wanted if not test.startswith(PARITY)]),
        (str(ROOT / ".parity-venv" / "bin" / "python"), [test for test in wanted if test.startswith(PARITY)]),
    ):
        outcomes |= ran(page, python, tests) if Path(python).exists() else dict.fromkeys(tests, "skipped")
    told(page, outcomes)
    for original in dict.fromkeys(row.original for row in rows):
        mine = [row for row in rows if row.original == original]
        page.say(f"### {original}")
        page.say("\n".join(["| feature | shown here | test | seen |", "|---|---|---|---|", *(line(row, outcomes) for row in mine)]))
        page.failures += [f"{original}: {row.name}" for row in mine if seen(row, outcomes) == "**NOT OK**"]


def ran(page: Page, python: str, tests: Sequence[str]) -> dict[str, str]:
    """How each test ended: passed, skipped or failed; "missing" for one that is not there, with which pytest would run none."""
    files = sorted(file for file in {test.partition("::")[0] for test in tests} if (ROOT / file).exists())
    collected = execute(f"{begun(python)} --collect-only {' '.join(files)}", ROOT, 900).out.splitlines()
    names = {*collected, *(one.partition("[")[0] for one in collected)}
    there = [test for test in tests if test in names]
    ended = reported(page, python, there) if there else {}
    return {test: outcome([case.ended for name, case in ended.items() if test in (name, name.partition("[")[0])]) for test in tests}


def outcome(ended: Collection[str]) -> str:
    """Of one test with several settings, or of several tests: the worst that happened, but for skips beside what passed."""
    return next((how for how in ("failed", "missing", "passed", "skipped") if how in ended), "missing")


def seen(row: Feature, outcomes: Mapping[str, str]) -> str:
    how = outcome([outcomes[test] for test in row.tests])
    if not row.tests:
        return "not here"
    return {"passed": "ok", "skipped": "skipped"}.get(how, "**NOT OK**")


def line(row: Feature, outcomes: Mapping[str, str]) -> str:
    names = [f"`{test}`{'' if outcomes[test] == 'passed' else f' ({outcomes[test]})'}" for test in row.tests]
    return f"| {' | '.join(map(cell, (row.name, row.shown, '<br>'.join(names) or '–', seen(row, outcomes))))} |"


def told(page: Page, outcomes: Mapping[str, str]) -> None:
    """How many tests ran, and why some did not."""
    rows = features()
    here = [row for row in rows if row.tests]
    count = {how: sum(one == how for one in outcomes.values()) for how in ("passed", "skipped", "failed", "missing")}
    page.say(
        f"Of the {len(rows)} features of the originals {len(here)} are here, each with tests of `make test` that show it and, where "
        f"there is one, the parity test that runs the original's own code beside it; {len(rows) - len(here)} are not, and say so. "
        f"{len(outcomes)} tests by name: {', '.join(f'{number} {how}' for how, number in count.items() if number)}."
    )
    absent = [name for name in CHECKOUTS if name not in os.environ]
    if absent:
        page.say(f"Parity tests that want {', '.join(absent)} are skipped, since those name no checkouts.")
    bad = count["failed"] + count["missing"]
    page.check(f"{len(here)} features have a test that ran: {bad} of their tests failed or are not there", not bad)
