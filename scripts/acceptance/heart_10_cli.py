"""10. CLI: flags from the Dream, quick help, errors of one or two lines."""

from __future__ import annotations

import json

from page import Page

NO_TORCH = 'python -X importtime -c \'from reverie.cli import main; main(["--help"])\' 2>&1 | grep -c "| *torch$"'


def show(page: Page) -> None:
    page.run("reverie --help", lines=60, says=["paint", "--size", "--steps", "--seed", "--generator", "--perceptor", "--init"])
    best = min(page.quietly("reverie --help").seconds for _ in range(3))
    page.check(f"`reverie --help` takes {best:.2f} s (best of three), at most 0.4", best < 0.4)
    page.run(NO_TORCH, code=1, says=["0"])
    page.run("reverie 'a red apple' --size 96x64 --steps 4 --seed 7 --batch 2 --generator pixels --out two", says=["steps/s", "loss"])
    page.check("two pictures for --batch 2", len(list((page.folder / "two").glob("*.png"))) == 2)
    quiet = page.run("reverie a red apple --size 64 --steps 2 --generator pixels --out quiet.png --quiet", says=["quiet.png"])
    page.check("--quiet says one line", len((quiet.out + quiet.err).splitlines()) == 1)
    told = page.run("reverie 'a red apple' --size 64 --steps 2 --generator pixels --out told.png --json")
    page.check("every line of --json is an object", all(isinstance(json.loads(line), dict) for line in told.out.splitlines()))
    wrong = page.run("reverie 'a red apple' --generator vqgna", code=2, says=["vqgan", "pixels", "stack"], lacks=["Traceback"])
    page.check("the error is one or two lines", len(wrong.err.strip().splitlines()) <= 2)
    page.run("reverie 'a red apple' --generator vqgna --debug", code=2, says=["Traceback"], lines=8)
    page.tests("tests/test_cli.py", "tests/test_imports.py", "tests/test_api.py")
