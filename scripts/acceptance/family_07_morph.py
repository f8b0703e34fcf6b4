"""7. Morph, and pictures passed from one generator to another"""

from __future__ import annotations

from page import Page


def show(page: Page) -> None:
    for name, words in (("apple", "a red apple"), ("rose", "a rose")):
        page.run(f"reverie '{words}' --generator vqgan --size 128 --out {name}.png --quiet")
    page.run("reverie morph apple.png rose.png --video gif --seconds 3 --out way.gif --quiet")
    page.say("A picture of one generator begins another's:")
    page.run("reverie 'a rose' --generator siren --init rose.png --size 128 --steps 10 --out sines.png --quiet")
    page.run("reverie 'a rose' --generator biggan --init rose.png --size 128 --out x.png --quiet", code=2, says=["no encoder"])
    page.tests("tests/test_morph.py")
