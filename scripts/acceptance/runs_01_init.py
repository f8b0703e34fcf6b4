"""1. Init: from chance, from noise, from a picture of any kind."""

from __future__ import annotations

from pathlib import Path

from page import Page
from PIL import Image

SMALL = "--size 96x64 --steps 3 --quiet"


def show(page: Page) -> None:
    pictures(page.folder)
    for init in ("random", "noise", "gradient", "fractal", "sketch", "sample"):
        page.run(f"reverie 'a castle' {SMALL} --init {init} --out {init}.png", says=[f"{init}.png"])
    page.say("Pictures: grey, transparent, CMYK, AVIF, and one that a camera turned; cropped, padded or stretched:")
    for name in ("grey.png", "clear.png", "cmyk.jpg", "photo.avif", "turned.jpg"):
        page.run(f"reverie 'a castle' {SMALL} --init {name} --out from-{name.split('.')[0]}.png", says=["from-"])
    for fit in ("crop", "pad", "stretch"):
        page.run(f"reverie 'a castle' {SMALL} --init grey.png --fit {fit} --init-weight 2 --out {fit}.png", says=[fit])
    page.say("A GAN has no way back from a picture:")
    page.run(f"reverie 'a castle' {SMALL} --generator biggan --init grey.png", code=2, says=["has no encoder"])
    page.tests("tests/test_starts.py", "tests/test_images.py")


def pictures(folder: Path) -> None:
    """One of each kind that people have."""
    ramp = Image.linear_gradient("L").resize((120, 80))
    ramp.save(folder / "grey.png")
    Image.merge("RGBA", (ramp, ramp, ramp, ramp)).save(folder / "clear.png")
    Image.merge("CMYK", (ramp, ramp, ramp, ramp)).save(folder / "cmyk.jpg")
    plain = Image.merge("RGB", (ramp, ramp, ramp))
    plain.save(folder / "photo.avif")
    exif = Image.Exif()
    exif[274] = 6  # on its side
    plain.save(folder / "turned.jpg", exif=exif)
