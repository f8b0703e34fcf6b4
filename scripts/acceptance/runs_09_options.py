"""9. Symmetry, seamless tiling, palette, transparency; with every generator"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from page import ROOT, Page
from PIL import Image, ImageOps

SIDE = 256
GENERATORS = ("stack", "vqgan", "biggan", "progan", "pixels")


def show(page: Page) -> None:
    page.run("reverie 'a castle' --symmetry left-right --out mirror.png --quiet")
    with Image.open(page.folder / "mirror.png") as mirror:
        page.check("the right half is the left one's mirror image", mirror.tobytes() == ImageOps.mirror(mirror).tobytes())
    page.run("reverie 'a castle on grass' --palette '#102040 gold #d04020 white' --out palette.png --quiet")
    page.say(
        "Tiled both ways, the step over the edge is no larger than those inside (mean absolute difference of neighbours, edge to inside):"
    )
    for generator in GENERATORS:
        page.run(f"reverie 'a tomato' --generator {generator} --tile both --out tile-{generator}.png --quiet")
        across, down = seams(page, f"tile-{generator}.png")
        page.check(f"{generator}: {across:.2f} across, {down:.2f} down", max(across, down) < 2)
    page.run("reverie 'flowers on grass' --init fractal --tile both --steps 60 --out meadow.png --quiet")
    transparency(page)
    masked(page)
    sheet(page.folder).save(ROOT / "docs" / "gallery" / "options.webp", quality=85)
    page.say(
        "![](../gallery/options.webp) symmetry; palette; two tiles, each laid two by two; a picture to start from, and what became "
        "of the part that a mask leaves free; two transparent pictures over checks"
    )
    page.tests("tests/test_generators_tiled.py", "tests/test_generators_transparent.py", "tests/test_grounds.py")


def transparency(page: Page) -> None:
    page.say("Transparent: the corners are clear, the middle is solid, and little is between:")
    for name, words, generator in (
        ("rocket", "a rocket", "stack"), ("apple", "a red apple", "vqgan"), ("bulb", "a tomato", "biggan"),
        ("shape", "a tomato", "progan"), ("dots", "a tomato", "pixels"),
    ):  # fmt: skip
        page.run(f"reverie '{words}' --generator {generator} --transparent --out {name}.png --quiet")
        with Image.open(page.folder / f"{name}.png") as picture:
            opacity = np.array(picture.getchannel("A")).astype(float) / 255
        ends = (slice(0, 8), slice(-8, None))
        corners, middle = max(opacity[y, x].mean() for y in ends for x in ends), opacity[96:160, 96:160].mean()
        between = ((opacity > 0.1) & (opacity < 0.9)).mean()
        page.check(
            f"{generator}: corners at most {corners:.2f}, middle {middle:.2f}, {between:.0%} of the pixels between",
            bool(corners < 0.1 and middle > 0.8 and between < 0.25),
        )
    page.run("reverie replay rocket.png --out rocket-again.png --quiet")
    page.check("replayed to the byte", (page.folder / "rocket.png").read_bytes() == (page.folder / "rocket-again.png").read_bytes())


def masked(page: Page) -> None:
    picture = Image.new("L", (256, 256), 0)
    picture.paste(255, (128, 0, 256, 256))
    picture.save(page.folder / "right.png")
    page.run("reverie 'a tree' --init palette.png --mask right.png --mask-edge 24 --out masked.png --quiet")


def sheet(folder: Path) -> Image.Image:
    names = ("mirror.png", "palette.png", "tile-vqgan.png", "meadow.png", "palette.png", "masked.png", "rocket.png", "apple.png")
    found = Image.new("RGB", (4 * SIDE, 2 * SIDE), "white")
    for i, name in enumerate(names):
        place = (i % 4 * SIDE, i // 4 * SIDE)
        with Image.open(folder / name) as picture:
            if name in ("tile-vqgan.png", "meadow.png"):
                half = picture.resize((SIDE // 2, SIDE // 2), Image.Resampling.LANCZOS)
                for x, y in ((0, 0), (SIDE // 2, 0), (0, SIDE // 2), (SIDE // 2, SIDE // 2)):
                    found.paste(half, (place[0] + x, place[1] + y))
            elif picture.mode == "RGBA":
                found.paste(Image.alpha_composite(checks(), picture).convert("RGB"), place)
            else:
                found.paste(picture, place)
    return found


def checks() -> Image.Image:
    y, x = np.mgrid[:SIDE, :SIDE] // 16
    grey = (205 + 35 * ((x + y) % 2)).astype(np.uint8)
    return Image.fromarray(grey).convert("RGBA")


def seams(page: Page, name: str) -> tuple[float, float]:
    with Image.open(page.folder / name) as picture:
        image = np.array(picture).astype(float)
    found = []
    for axis in (1, 0):
        steps = np.abs(np.roll(image, -1, axis) - image).mean((1 - axis, 2))
        found.append(steps[-1] / steps[:-1].mean())
    return found[0], found[1]
