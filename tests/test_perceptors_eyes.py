"""Eyes: the guide sees pictures as it does when it guides."""

from __future__ import annotations

import tiny
import torch

from reverie.perceptors.eyes import GuideEye
from reverie.perceptors.judge import fitted
from reverie.perceptors.mini import MiniPerceptor


def test_the_guide_sees_the_whole_picture_as_its_perceptor_does() -> None:
    perceptor = MiniPerceptor(tiny.clip(), tiny.tokenizer(), tiny.CPU)
    images = torch.rand(5, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    texts = ["a red fox", "a castle"] * 70  # more than are read together
    cosines = GuideEye(perceptor)(images, texts)
    seen = perceptor.look(fitted(images, perceptor.size))
    expected = seen @ perceptor.read(["a red fox", "a castle"]).T
    assert torch.allclose(cosines, expected.repeat(1, 70), atol=1e-5)
