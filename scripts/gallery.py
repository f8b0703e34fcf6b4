"""Paint the first gallery: twenty things, shuffled on one numbered sheet, for a reader who does not know the prompts.

    python scripts/gallery.py [--out docs/gallery] [--name today] [--option generator=stack ...]

Writes ``today.png`` (the sheet) and ``today.json`` (the key: what stands where, and the recipe of every picture).
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from PIL import Image, ImageDraw

from reverie import Dream, paint

THINGS = (
    "apple", "horse", "castle", "tree", "sailboat", "sun", "rose", "cat", "fish", "owl",
    "banana", "mushroom", "house", "key", "crown", "rocket", "umbrella", "snowman", "butterfly", "cake",
)  # fmt: skip
ACROSS, CELL, CAPTION = 5, 224, 22


def sheet(pictures: list[Image.Image]) -> Image.Image:
    """The pictures in reading order, each under its number."""
    down = -(-len(pictures) // ACROSS)
    page = Image.new("RGB", (ACROSS * CELL, down * (CELL + CAPTION)), "white")
    pen = ImageDraw.Draw(page)
    for i, picture in enumerate(pictures):
        x, y = i % ACROSS * CELL, i // ACROSS * (CELL + CAPTION)
        pen.text((x + 6, y + 5), str(i + 1), fill="black")
        page.paste(picture.resize((CELL - 4, CELL - 4), Image.Resampling.LANCZOS), (x + 2, y + CAPTION))
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/gallery"))
    parser.add_argument("--name", default="today", help="of the two files")
    parser.add_argument("--option", action="append", default=[], metavar="FIELD=VALUE", help="a Dream field for all of them")
    parser.add_argument("--together", type=int, default=4, help="how many are painted as one batch")
    given = parser.parse_args()
    fields = dict(option.split("=", 1) for option in given.option)
    order = list(THINGS)
    random.Random(20261122).shuffle(order)
    dreams = [Dream.model_validate({"prompts": f"a {thing}" if thing != "sun" else "the sun", **fields}) for thing in order]
    painted: list[Image.Image] = []
    for first in range(0, len(dreams), given.together):
        batch = dreams[first : first + given.together]
        painted += [frame.image for frame in paint(batch, every=10**6) if frame.final]
        print(f"{len(painted)} of {len(dreams)}", flush=True)
    given.out.mkdir(parents=True, exist_ok=True)
    sheet(painted).save(given.out / f"{given.name}.png", optimize=True)
    key = [
        {"place": i + 1, "thing": thing, "dream": dream.model_dump(mode="json")}
        for i, (thing, dream) in enumerate(zip(order, dreams, strict=True))
    ]
    (given.out / f"{given.name}.json").write_text(json.dumps(key, indent=1) + "\n")


if __name__ == "__main__":
    main()
