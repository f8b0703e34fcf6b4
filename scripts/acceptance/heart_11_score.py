"""11. Score: which caption fits which picture."""

from __future__ import annotations

from page import Page
from PIL import Image, ImageDraw


def show(page: Page) -> None:
    for name, colour in (("red", (200, 20, 20)), ("blue", (20, 40, 200))):
        picture = Image.new("RGB", (128, 128), (245, 245, 245))
        ImageDraw.Draw(picture).ellipse((24, 24, 104, 104), fill=colour)
        picture.save(page.folder / f"{name}.png")
    page.run("reverie score red.png blue.png --text 'a red circle' --text 'a blue circle'", says=["a red circle", "a blue circle"])
    page.run("reverie score red.png missing.png --text 'a red circle'", code=2, says=["missing.png"])
    page.tests("tests/test_perceptors.py", "tests/test_cli.py")
