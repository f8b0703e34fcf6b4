"""3. Mask: paint in part of a picture, or beyond its edges."""

from __future__ import annotations

import numpy as np
from page import Page
from PIL import Image, ImageDraw


def show(page: Page) -> None:
    page.run("reverie 'a snowman in the snow' --out snowman.png --quiet")
    mask = Image.new("L", (256, 256))
    ImageDraw.Draw(mask).ellipse((60, 0, 200, 110), fill=255)
    mask.save(page.folder / "hat.png")
    page.run("reverie 'a crown' --init snowman.png --mask hat.png --out crowned.png --quiet")
    before, after = (np.array(Image.open(page.folder / name).convert("RGB")) for name in ("snowman.png", "crowned.png"))
    kept = np.array(mask) == 0
    page.check(f"all {kept.sum():,} pixels outside the mask are the picture's to the byte", bool((before[kept] == after[kept]).all()))
    page.check("inside it was painted", bool((before[~kept] != after[~kept]).any()))
    page.run("reverie 'a snowman in the snow' --init snowman.png --size 512x256 --fit pad --mask padding --out wide.png --quiet")
    wide = np.array(Image.open(page.folder / "wide.png"))
    page.check("the middle of the larger canvas is the picture to the byte", bool((wide[:, 128:384] == before).all()))
    page.run("reverie 'a crown' --mask hat.png", code=2, says=["--init"])
    page.run("reverie 'a crown' --init snowman.png --mask gone.png", code=2, says=["gone.png"])
    page.tests("tests/test_begin.py")
