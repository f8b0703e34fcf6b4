"""4. Perceptor: the built-in mini CLIP, with its own tokenizer."""

from __future__ import annotations

from page import Page

IMPORTED = """import sys
from reverie import Dream, paint

frames = list(paint(Dream("a cat", steps=2, size=(64, 64))))
found = {name.split(".")[0] for name in sys.modules}
print(len(frames), "frames;", sorted(found & {"torch", "transformers", "torchvision", "tokenizers"}))
"""


def show(page: Page) -> None:
    (page.folder / "imported.py").write_text(IMPORTED, encoding="utf-8")
    page.run("python imported.py", says=["['torch']"])
    page.run("reverie 'a red apple' --perceptor mini:0.5 --size 64 --steps 2 --out half.png --quiet")
    page.run("reverie 'a red apple' --perceptor mni", code=2, says=["mini"])
    page.tests("tests/test_perceptors.py", "tests/test_tokens.py", "tests/test_build.py")
