"""3. Generators: pixels, stack, vqgan, at any size that they can."""

from __future__ import annotations

from page import Page
from PIL import Image


def show(page: Page) -> None:
    for name in ("pixels", "stack", "vqgan"):
        page.run(f"reverie 'a red apple' --generator {name} --size 144x96 --steps 3 --out {name}.png --quiet")
        with Image.open(page.folder / f"{name}.png") as picture:
            page.check(f"{name} painted {picture.width}x{picture.height}", picture.size == (144, 96))
    page.say("Another size gets an error that names the nearest ones:")
    page.run("reverie 'a red apple' --generator vqgan --size 150x99", code=2)
    page.say("From a picture:")
    page.run("reverie 'a green apple' --generator vqgan --size 144x96 --steps 3 --init pixels.png --out init.png --quiet")
    page.tests("tests/test_generators.py", "tests/test_nets.py")
