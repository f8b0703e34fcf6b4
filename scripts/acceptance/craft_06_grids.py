"""6. Grids: X/Y over any field or place in the prompt, labelled, each picture with its recipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from page import ROOT, Page
from PIL import Image

from reverie.files import read_recipe

SMALL = "--size 128 --quiet"


def show(page: Page) -> None:
    page.run(f"reverie grid 'a {{x}} castle' --x 'red,blue,golden' --y seed=1..2 {SMALL} --out words.png", lines=10)
    page.run(f"reverie grid 'a castle, {{y}}' --x steps=0,10,30 --y 'oil painting,at night' {SMALL} --out steps.png", lines=8)
    dream = read_recipe(page.folder / "steps" / "at-night-steps-10.png").dream
    page.check(f"a picture's recipe is of its place: {dream.prompts[0].text!r}, {dream.steps} steps", dream.steps == 10)
    page.run(f"reverie 'a red castle' --seed 2 {SMALL} --out alone.png")
    with Image.open(page.folder / "alone.png") as alone, Image.open(page.folder / "words" / "seed-2-red.png") as woven:
        worst = max(abs(a - b) for a, b in zip(alone.tobytes(), woven.tobytes(), strict=True))
    page.check(f"painted together a picture is what it is alone, within {worst} of 255 levels", worst <= 4)
    for x, y, name in (
        ("rate=0.01..0.05/3", ",+oil-painting,+at-night +mosaic", "rates"),
        ("cutouts.noise=0,0.1", "size=96x128,128x96", "options"),
        ("style=old-master,tarot", "generator=stack,pixels", "styles"),
    ):
        page.run(f"reverie grid 'a fox' --x {x} --y '{y}' --steps 10 {SMALL} --out {name}.png", lines=4)
    for name in ("words", "rates", "options"):
        with Image.open(page.folder / f"{name}.png") as one:
            one.convert("RGB").save(ROOT / "docs" / "gallery" / f"craft-06-{name}.webp", quality=80)
        page.say(f"![](../gallery/craft-06-{name}.webp)")
    _missing(page)
    _interrupted(page)
    for words, said in (
        ("'a castle' --x red,blue", "write {x} where they go"),
        ("'a {x} castle' --x seed=1,2", "waits for words"),
        ("'a castle' --x sede=1,2", "Did you mean 'seed'"),
        ("'a castle' --x rate=0.1..0.2", "0.1..0.2/5"),
        ("'a castle'", "something that differs"),
    ):
        page.run(f"reverie grid {words}", code=2, says=[said])


def _missing(page: Page) -> None:
    page.say("What is there is not painted again: one picture more, and one that was lost.")
    (page.folder / "words" / "seed-1-blue.png").unlink()
    again = page.run(f"reverie grid 'a {{x}} castle' --x 'red,blue,golden,white' --y seed=1..2 {SMALL} --out words.png")
    page.check(
        "three are painted, and the larger sheet leaves the smaller one alone", len(again.out.split()) == 4 and "words-2.png" in again.out
    )


def _interrupted(page: Page) -> None:
    """Killed after the first sixteen: those are there, and the rest is painted by the same command."""
    words = ["grid", "a fox", "--x", "seed=1..20", "--size", "64", "--steps", "60", "--out", "killed.png"]
    command = [sys.executable, "-m", "reverie", *words, "--json"]
    home = {**os.environ, "REVERIE_HOME": str(page.folder / ".home")}
    with subprocess.Popen(command, cwd=page.folder, env=home, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        saved = 0
        for line in running.stdout:
            saved += json.loads(line)["event"] == "saved"
            if saved == 16:
                break
        time.sleep(0.5)
        running.send_signal(signal.SIGKILL)
    there = len(list((page.folder / "killed").iterdir()))
    rest = page.run("reverie grid 'a fox' --x seed=1..20 --size 64 --steps 60 --out killed.png", says=["16 of 20 pictures are in"], lines=6)
    page.check(
        f"killed with {there} of 20 pictures painted, then {len(rest.out.split()) - 1} more, and the sheet", len(rest.out.split()) == 5
    )
