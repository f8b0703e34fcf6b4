"""2. Perceptors: CLIP and SigLIP of other people's, from files and folders, and ensembles of them."""

from __future__ import annotations

import sys

from page import ROOT, Page

# An archive of OpenAI's layout with random weights, small enough for a page: what counts is that it is read and guides.
MADE = "from pathlib import Path; import tiny_clip as t; t.write_archive(Path('ViT.pt'), t.network().state_dict()); t.write_merges(Path())"


def show(page: Page) -> None:
    made = page.quietly(f'PYTHONPATH={ROOT / "tests"} {sys.executable} -c "{MADE}"')
    page.check("a TorchScript archive with the names and halves of OpenAI's was made", made.code == 0)
    page.run("ls *.pt *.txt && reverie 'the cat' --perceptor ./ViT.pt --perceptor mini:2 --steps 5 --out both.png")
    page.run("reverie 'a fox' --perceptor ./nothing-here", code=2, says=["no perceptor at"])
    page.run("reverie components | head -20")
    page.tests("tests/test_perceptors_clip.py", "tests/test_perceptors_hf.py", "tests/test_nets_clip.py", "tests/test_clip_tokens.py")
