"""3. Presets: the originals as settings, beside the originals themselves"""

from __future__ import annotations

import os
import sys

from page import ROOT, Page, execute, sheet

from reverie import presets

# Fewer steps and views than the originals', so that the page can be made; the settings are otherwise theirs.
SMALL = "--size 128 --steps 60 --views 16"
CHECKOUTS = {"REVERIE_VQGAN_CLIP": "VQGAN-CLIP", "REVERIE_BIG_SLEEP": "big-sleep", "REVERIE_DEEP_DAZE": "deep-daze"}


def show(page: Page) -> None:
    names = presets.names()
    page.say("\n".join(["| preset | what it is |", "|---|---|", *(f"| `{name}` | {presets.about(name)} |" for name in names)]))
    for name in names:
        page.run(f"reverie 'a rocket at night' --preset {name} {SMALL} --out {name}.png --quiet")
    sheet(page, "presets", [f"{name}.png" for name in names], columns=4)
    page.say(
        "Beside the programs that they are of, from a checkout of each: the same networks, the same numbers drawn, three steps of the "
        "original's own code and three of Reverie's. Its embeddings are of unit length, so that deep-daze's mean of them is of those."
    )
    for variable, who in CHECKOUTS.items():
        if variable in os.environ:
            parity(page, who, f"tests_parity/test_{who.lower().replace('-', '_')}.py")
        else:
            page.say(f"{who}: not run here, since {variable} names no checkout.")
    page.tests("tests/test_presets.py", "tests/test_cuts.py", "tests/test_anchors.py", "tests/test_optimisers.py")


def parity(page: Page, who: str, test: str) -> None:
    """Run a parity test in the environment of `make parity` and quote its figures."""
    python = ROOT / ".parity-venv" / "bin" / "python"
    command = f"PYTHONPATH=src OMP_NUM_THREADS=1 {python if python.exists() else sys.executable} -m pytest -q -s -W ignore {test}"
    result = execute(command, ROOT, 900)
    worst = [float(line.split("worst loss ")[1].split()[0]) for line in result.out.splitlines() if "worst loss " in line]
    closing = page.plain(result.out).strip().splitlines()[-1]
    page.check(f"{who}: {len(worst)} settings, losses differ by at most {max(worst, default=9):.1e}; {closing}", result.code == 0)
