"""1. Init: from chance, from noise, from a picture of any kind."""

from __future__ import annotations

from page import Page

SMALL = "--size 96x64 --steps 3 --quiet"
KINDS = """python - <<'MAKE'
from PIL import Image
ramp = Image.linear_gradient("L").resize((120, 80))
ramp.save("grey.png")
Image.merge("RGBA", (ramp, ramp, ramp, ramp)).save("clear.png")
Image.merge("CMYK", (ramp, ramp, ramp, ramp)).save("cmyk.jpg")
Image.merge("RGB", (ramp, ramp, ramp)).save("photo.avif")
turned = Image.merge("RGB", (ramp, ramp, ramp))
exif = Image.Exif()
exif[274] = 6
turned.save("turned.jpg", exif=exif)
MAKE"""


def show(page: Page) -> None:
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
