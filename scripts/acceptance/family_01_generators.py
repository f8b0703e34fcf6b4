"""1. Generators: one prompt through every generator, with the built-in models."""

from __future__ import annotations

from page import Page, sheet

GENERATORS = ("stack", "vqgan", "logits", "biggan", "progan", "siren", "fft", "pixels")


def show(page: Page) -> None:
    for name in GENERATORS:
        page.run(f"reverie 'a rocket at night' --generator {name} --out {name}.png --quiet")
    sheet(page, "generators", [f"{name}.png" for name in GENERATORS], columns=4)
    page.say("Any size that they can: `siren` and `stack` need not be square, `vqgan` names the nearest sizes.")
    page.run("reverie 'a castle' --generator siren --size 200x120 --steps 5 --out wide.png --quiet")
    page.run("reverie 'a castle' --generator vqgan --size 201x120 --steps 5 --out x.png --quiet", code=2, says=["200x120"])
    page.tests("tests/test_generators.py", "tests/test_generators_tiled.py", "tests/test_laws.py")
