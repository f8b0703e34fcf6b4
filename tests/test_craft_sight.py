"""What is seen in a picture, by a perceptor that knows exactly what it looks at."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from reverie.craft.sight import seen, sight
from reverie.craft.vocabulary import lists, said

LISTS = lists(("fox", "owl", "castle"), taught=True)


class Counting:
    """Reads which words of a few a text has, and looks at the mean colour."""

    size, dim, scale, share = 8, 7, 20.0, (1.0, 1.0)
    words = ("fox", "owl", "red", "green", "grass", "painting")

    def read(self, texts: Sequence[str]) -> Tensor:
        rows = [[float(word in text.replace(",", "").split()) for word in self.words] for text in texts]
        return F.normalize(torch.tensor([[*row, 0.1] for row in rows]), dim=1)

    def look(self, views: Tensor) -> Tensor:
        return F.normalize(torch.cat((views.mean((2, 3)), views.std((2, 3)), views[:, :1, 0, 0]), 1) + 1e-3, dim=1)


def test_the_nearest_of_each_category_and_a_prompt() -> None:
    eye = Counting()
    found = sight(eye.read(["a red fox on grass, oil painting"])[0], LISTS, eye, "a green fox")
    assert [found.found[name][0].phrase for name in ("thing", "colour")] == ["fox", "red"]
    assert "grass" in found.found["ground"][0].phrase and said(found.prompt, LISTS)["thing"] == "fox"
    assert all(word in found.prompt for word in ("red", "fox", "grass", "painting")) and found.cosine > 0.99
    for ranked in found.found.values():
        assert sum(one.probability for one in ranked) == pytest.approx(1, abs=1e-4)
        assert [one.cosine for one in ranked] == sorted((one.cosine for one in ranked), reverse=True)
    assert found.written and found.written.ranks["thing"] == ("fox", 1) and found.written.ranks["colour"][1] > 1
    assert found.written.cosine < found.cosine


def test_nothing_is_added_that_says_nothing() -> None:
    eye = Counting()
    assert sight(eye.read(["a fox"])[0], LISTS, eye).prompt == "a fox"


def test_a_picture_is_seen_whole_and_in_the_mirror() -> None:
    eye = Counting()
    wide = Image.new("RGB", (30, 10), "red")
    found = seen([wide, wide.transpose(Image.Transpose.FLIP_LEFT_RIGHT), Image.new("RGB", (9, 9), "blue")], eye)
    assert found.shape == (3, 7) and torch.allclose(found.norm(dim=1), torch.ones(3))
    assert torch.allclose(found[0], found[1]) and found[0, 0] > found[2, 0]
