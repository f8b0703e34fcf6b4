"""Heat: warm where a text's cosine comes from, in a picture of the picture's size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from reverie.craft.heat import heat, legend, painted


class Corners:
    """Sees how red and how blue a picture is, and reads the words for it."""

    size, dim, share = 16, 3, (0.6, 1.1)

    def read(self, texts: Sequence[str]) -> Tensor:
        return torch.tensor([[1.0, 0, 0] if text == "red" else [0, 0, 1.0] for text in texts])

    def look(self, views: Tensor) -> Tensor:
        return F.normalize(views.mean((2, 3)) + torch.tensor([0.0, 1.0, 0.0]), dim=1)


def test_what_is_red_is_warm_for_red_and_cool_for_blue() -> None:
    image = torch.full((1, 3, 32, 32), 0.2)
    image[:, 0, :12, :12], image[:, 2, 20:, 20:] = 1, 1
    red, blue = heat(Corners(), image, ["red", "blue"], torch.device("cpu"))
    assert red.shape == (16, 16)
    assert red[:6, :6].mean() > 0 > red[10:, 10:].mean() and blue[10:, 10:].mean() > 0 > blue[:6, :6].mean()
    assert red[:6, :6].mean() > 5 * red[10:, :6].mean().abs()
    assert torch.equal(heat(Corners(), image, ["red", "blue"], torch.device("cpu"))[0], red)  # the same every time


def test_pictures_of_heat() -> None:
    gains = torch.zeros(4, 4)
    gains[:, 0], gains[:, 3] = 1, -1
    found = np.asarray(painted(Image.new("RGB", (20, 12), "grey"), gains, 1.0)).astype(int)
    assert found.shape == (12, 20, 3)
    assert (found[:, 1, 0] > found[:, 1, 2] + 50).all() and (found[:, 18, 2] > found[:, 18, 0] + 50).all()
    assert np.ptp(np.asarray(painted(Image.new("RGB", (8, 8), "grey"), torch.zeros(4, 4), 0.0)), axis=2).max() == 0
    assert legend(300, 0.1).width == 300
