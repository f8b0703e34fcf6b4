"""9. Symmetry, seamless tiling, palette; with every generator. Transparency is not there yet."""

from __future__ import annotations

import numpy as np
from page import ROOT, Page
from PIL import Image, ImageOps

GENERATORS = ("stack", "vqgan", "biggan", "progan", "pixels")


def show(page: Page) -> None:
    page.run("reverie 'a castle' --symmetry left-right --out mirror.png --quiet")
    with Image.open(page.folder / "mirror.png") as mirror:
        page.check("the right half is the left one's mirror image", mirror.tobytes() == ImageOps.mirror(mirror).tobytes())
    page.run("reverie 'a parrot' --palette '#102040 gold #d04020 white' --out palette.png --quiet")
    page.say(
        "Tiled both ways, the step over the edge is no larger than those inside (mean absolute difference of neighbours, edge to inside):"
    )
    for generator in GENERATORS:
        page.run(f"reverie 'a tomato' --generator {generator} --tile both --out tile-{generator}.png --quiet")
        across, down = seams(page, f"tile-{generator}.png")
        page.check(f"{generator}: {across:.2f} across, {down:.2f} down", max(across, down) < 2)
    page.run("reverie 'flowers on grass' --init fractal --tile both --steps 60 --out meadow.png --quiet")
    names = ("mirror.png", "palette.png", "tile-vqgan.png", "meadow.png")
    sheet = Image.new("RGB", (4 * 256, 256), "white")
    for i, name in enumerate(names):
        with Image.open(page.folder / name) as picture:
            if i < 2:
                sheet.paste(picture, (i * 256, 0))
                continue
            half = picture.resize((128, 128), Image.Resampling.LANCZOS)
            for x, y in ((0, 0), (128, 0), (0, 128), (128, 128)):
                sheet.paste(half, (i * 256 + x, y))
    sheet.save(ROOT / "docs" / "gallery" / "options.webp", quality=85)
    page.say("![](../gallery/options.webp) symmetry; palette; two tiles, each laid two by two")
    page.tests("tests/test_generators_tiled.py")


def seams(page: Page, name: str) -> tuple[float, float]:
    with Image.open(page.folder / name) as picture:
        image = np.array(picture).astype(float)
    found = []
    for axis in (1, 0):
        steps = np.abs(np.roll(image, -1, axis) - image).mean((1 - axis, 2))
        found.append(steps[-1] / steps[:-1].mean())
    return found[0], found[1]
