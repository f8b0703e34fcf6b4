"""2. Perceptors: CLIP and SigLIP of other people's, from files and folders, and ensembles of them."""

from __future__ import annotations

import sys

from page import ROOT, Page

# A CLIP of Hugging Face's layout with random weights, small enough for a page: what counts is that its file is read and guides.
MADE = "import pathlib, tiny_clip; tiny_clip.save(pathlib.Path('clip'))"


def show(page: Page) -> None:
    made = page.quietly(f'PYTHONPATH={ROOT / "tests"} {sys.executable} -c "{MADE}"')
    if made.code == 0:
        page.run("ls clip")
        page.run("reverie 'a red fox' --perceptor ./clip --perceptor mini:2 --steps 5 --out both.png")
    page.run("reverie 'a fox' --perceptor ./nothing-here", code=2, says=["no perceptor at"])
    page.run("reverie components | head -20")
    page.tests("tests/test_perceptors_clip.py", "tests/test_perceptors_hf.py", "tests/test_nets_clip.py", "tests/test_clip_tokens.py")
