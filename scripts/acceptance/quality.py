"""Write ``docs/quality.md`` and its sheets from ``reverie bench quality``.

``python scripts/acceptance/quality.py [FOLDER]`` takes the figures and sheets of a run that left them in FOLDER
(``reverie bench quality --json --out FOLDER > FOLDER/figures.json``), or makes that run first.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from page import ROOT, execute, machine
from PIL import Image

COMMAND = "reverie bench quality --json --out {0} > {0}/figures.json"
GALLERY = ROOT / "docs" / "gallery"
# The sheets that the page shows; the history keeps every version of each.
SHEETS = (
    "stack-from-sketch",
    "vqgan-from-sketch",
    "vqgan-from-sample",
    "vqgan-from-sample-unguided",
    "unseen-name",
    "biggan",
    "progan",
    "vqgan-clip",
)

# What the project wants at least, as (test, eye) -> (first, first five).
WANTED: dict[tuple[str, str], tuple[float, float | None]] = {
    ("name", "judge"): (0.45, 0.70),
    ("name", "guide"): (0.25, 0.50),
    ("colour of two", "judge"): (0.95, None),
    ("colour of two", "guide"): (0.95, None),
    ("style", "judge"): (0.90, None),
    ("style", "guide"): (0.90, None),
    ("background", "judge"): (0.90, None),
    ("background", "guide"): (0.90, None),
    ("vqgan from sketch", "judge"): (0.80, None),
}
MEANING = {
    "name": "EmojiOne's drawings, never seen in training: which of all names is it?",
    "keyword": "the same drawings, asked by a word that is nobody's name",
    "colour of two": "a drawing in one colour: is it a red one or a blue one?",
    "style": "scenes of unseen drawings: which style?",
    "background": "which kind of ground?",
    "background colour": "which plain colour behind it?",
    "any name": "every emoji that EmojiOne draws, signs, faces and people too: which of all the names that emojibase has, most of "
    "them never taught? (Its 1,644 emoji, flags and parts left out, have 1,527 names: whatever the hour, a clock is a clock.)",
    "name never learnt": "things that no model was trained on (they have fewer than five drawings), by the hands it knows: "
    "which of all names, these among them?",
}
HEAD = """# How good the built-in models are

Written by `make acceptance` from `reverie bench quality`; not by hand. Seeds are fixed. The **guide** is the perceptor that
paints; the **judge** is another network, trained clean from another seed, and never guides. *First* is the share of
pictures for which the right text came first among so many, *five* among the first five; **agreement** is how often guide
and judge choose the same, and its *five* how often the judge's first is among the guide's five. What is wanted at least
stands beside the figure, which is bold where it falls short.

Made by `reverie train data && {command}`, then `python scripts/acceptance/quality.py quality`.

Not made, and why: no 5 % of the things were held out of training, which `reverie train data --held-out 0.05` would do for
models trained anew; those with fewer than five drawings were never trained on and are asked instead (*name never
learnt*). VQGAN-CLIP's own algorithm (the row *vqgan-clip*, where it was run) paints the first eight prompts, at 128x128, since it takes
500 steps of 32 views for each.
""".format(command=COMMAND.format("quality"))
PAINTED = """## What Reverie paints
A hundred prompts, drawn once by `random.Random(0)` from the things that can be painted (50 plain, 25 with a colour or a
ground, 25 with a style), default settings, seed 0, one picture each. Which of the hundred prompts was it? Paintings start
from the sketch of their words, which is the default, or from a sample of the code transformer; biggan and progan, which
cannot encode a picture, from the one of about a thousand own pictures that the guide likes best. *Unguided* is that
start alone, before any step. *vqgan-clip* is VQGAN-CLIP's algorithm as it shipped (`--preset vqgan-clip`), with the same guide and
VQGAN, from chance codes.
Judge and guide learnt from the same drawings, and a hundred prompts are far apart:
the sheets say more than these figures.
"""


def main(given: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="reverie-") as temporary:
        folder = Path(given[0]) if given else Path(temporary)
        if not given:
            done = execute("reverie train data && " + COMMAND.format(folder), ROOT, 3600)
            if done.code:
                print(done.err, file=sys.stderr)
                return done.code
        rows: list[dict[str, Any]] = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        sheets = [sheet for name in SHEETS if (sheet := keep(folder / f"{name}.webp")).exists()]
    (ROOT / "docs" / "quality.md").write_text(page(rows, sheets), encoding="utf-8")
    short = [f"{row['test']}, {row['eye']}: {row['top1']:.1%}" for row in rows if "eye" in row and "**" in figures(row)]
    print("\n".join(["written: docs/quality.md", *(f"below what is wanted: {line}" for line in short)]))
    return 0


def keep(path: Path) -> Path:
    """A sheet for the docs: lossy, since the lossless ones would triple the repository; one that was not made again stays."""
    target = GALLERY / f"quality-{path.name}"
    if not path.exists():
        return target
    with Image.open(path) as sheet:
        sheet.convert("RGB").save(target, "WEBP", quality=75)
    return target


def page(rows: list[dict[str, Any]], sheets: list[Path]) -> str:
    asked = [row for row in rows if "eye" in row]
    seen = [row for row in asked if row["test"] in MEANING]
    painted = [row for row in asked if row["test"] not in MEANING]
    back = [row for row in rows if "psnr" in row]
    parts = [HEAD, machine(), "", "## What they recognise", "", *table(seen), ""]
    parts += [f"- **{name}**: {meaning}" for name, meaning in MEANING.items()]
    parts += ["", "## What the VQGAN gives back", "", "EmojiOne's drawings through encoder, codebook and decoder.", ""]
    parts += ["| size | pictures | PSNR | distance in the judge's features | between different pictures |", "|---|---|---|---|---|"]
    parts += [f"| {r['side']}x{r['side']} | {r['pictures']} | {r['psnr']:.1f} dB | {r['distance']:.3f} | {r['apart']:.3f} |" for r in back]
    parts += ["", PAINTED, *table(painted), ""]
    for sheet in sheets:
        title = sheet.stem.removeprefix("quality-").replace("-", " ")
        parts += [f"### {title}", "", f"![{title}](gallery/{sheet.name})", ""]
    return "\n".join(parts).rstrip() + "\n"


def table(rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"| {r['test']} | {r['eye']} | {r['pictures']} | {r['among']} | {figures(r)} |" for r in rows]
    return ["| test | eye | pictures | among | first | five |", "|---|---|---|---|---|---|", *lines]


def figures(row: dict[str, Any]) -> str:
    """Both shares, each with what is wanted; bold where it falls short."""
    wanted = WANTED.get((row["test"], row["eye"]), (None, None))
    cells = []
    for share, least in zip((row["top1"], row["top5"]), wanted, strict=True):
        short = least is not None and share < least
        text = f"{share:.1%}" + (f" (wanted {least:.0%})" if least else "")
        cells.append(f"**{text}**" if short else text)
    return " | ".join(cells)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
