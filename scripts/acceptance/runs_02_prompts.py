"""2. Prompts of every kind: pictures, noise, places, negatives, stops."""

from __future__ import annotations

import numpy as np
from page import ROOT, Page
from PIL import Image

CELLS = (
    ("'a red apple'", "a red apple"),
    ("'an owl | apple.png'", "an owl | apple.png"),
    ("'a fox @left | a castle @right'", "a fox @left | a castle @right"),
    ("'a night sky | a rocket @centre'", "a night sky | a rocket @centre"),
    ("'a forest | a mushroom @ring.png'", "a forest | a mushroom @ring.png"),
    ("'a rose | red:-0.5'", "a rose | red:-0.5"),
)


def show(page: Page) -> None:
    ring = Image.new("L", (256, 256))
    ring.paste(255, (128, 96, 240, 240))
    ring.save(page.folder / "ring.png")
    names = ["apple.png", *(f"{i}.png" for i in range(1, len(CELLS)))]
    for (words, _), name in zip(CELLS, names, strict=True):
        page.run(f"reverie {words} --out {name} --quiet")
    page.run(
        "reverie 'a fox @left | noise(7):0.2 | apple.png:0.5:0.4' --steps 2 --out kinds.png",
        says=["left only", "like the picture", "noise(7)"],
    )
    page.say("A prompt that is limited to a part moves nothing else: the same start, painted with and without it.")
    for name, words in (("without", "'a lake'"), ("with", "'a lake:0 | a moon @top-right'")):
        page.run(f"reverie {words} --init fractal --generator pixels --range 0 --out {name}.png --quiet")
    start = page.quietly("reverie 'a lake' --init fractal --generator pixels --steps 0 --out start.png --quiet")
    assert start.code == 0
    before, after = (np.array(Image.open(page.folder / f"{name}.png")).astype(int) for name in ("start", "with"))
    moved = np.abs(after - before).sum(2)
    inside, outside = moved[:120, 136:].mean(), moved[:, :120].mean() + moved[136:].mean()
    page.check(f"inside the region colours moved by {inside:.1f} levels on average, outside by {outside:.2f}", inside > 3 > 0.5 > outside)
    page.run("reverie '\"a fox\"@lef' --out x.png", code=2, says=["no region 'lef'", "top-left"])
    page.run("reverie 'gone.png | a fox' --out x.png", code=2, says=["gone.png"])
    sheet = Image.new("RGB", (3 * 256, 2 * 256), "white")
    for i, name in enumerate(names):
        with Image.open(page.folder / name) as picture:
            sheet.paste(picture, (i % 3 * 256, i // 3 * 256))
    sheet.save(ROOT / "docs" / "gallery" / "prompts.webp", quality=85)
    page.say("![](../gallery/prompts.webp) " + "; ".join(f"`{words}`" for _, words in CELLS))
    page.tests("tests/test_prompts.py", "tests/test_regions.py", "tests/test_objectives.py")
