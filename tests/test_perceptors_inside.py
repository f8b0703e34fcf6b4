"""Layers by name, and what they answer: of the built-in perceptor and of CLIP's two towers."""

from __future__ import annotations

from typing import Any

import pytest
import tiny_clip
import torch
from torch import Tensor, nn

from reverie.errors import BadRequest
from reverie.nets.clip import CLIP
from reverie.perceptors.inside import answer, channels, check, layers


class Eye:
    """A CLIP that looks."""

    dim, share = 16, (1.0, 1.0)

    def __init__(self, config: Any) -> None:
        self.network: CLIP = tiny_clip.network(config).eval()
        self.tower, self.size = self.network.visual, config.size

    def read(self, texts: Any) -> Tensor:
        raise AssertionError("nothing is read")

    def look(self, views: Tensor) -> Tensor:
        return self.network.look(views)


@pytest.mark.parametrize("config", [tiny_clip.VIT, tiny_clip.RESNET], ids=["vit", "resnet"])
def test_every_layer_that_is_listed_answers(config: Any) -> None:
    eye = Eye(config)
    views = torch.rand(3, 3, eye.size, eye.size, requires_grad=True)
    there = layers(eye, "clip")
    assert len(there) > 5
    for name, shape in there.items():
        found = answer(eye, views, name)
        assert found.shape[:2] == (3, channels(shape)), name
    (slope,) = torch.autograd.grad(answer(eye, views, list(there)[0]).square().mean(), views)
    assert slope.abs().sum() > 0
    assert not any(module._forward_hooks for module in eye.tower.modules())


def test_an_answer_is_what_the_layer_made() -> None:
    eye = Eye(tiny_clip.RESNET)
    views = torch.rand(2, 3, eye.size, eye.size)
    heard: list[Tensor] = []
    hook = eye.tower.get_submodule("layer1").register_forward_hook(lambda module, given, made: heard.append(made))
    try:
        eye.look(views)
    finally:
        hook.remove()
    assert torch.equal(answer(eye, views, "layer1"), heard[0])


def test_what_is_not_there_is_told() -> None:
    eye = Eye(tiny_clip.RESNET)
    with pytest.raises(BadRequest, match="'layer2'.*reverie layers clip"):
        check(eye, "clip", "layr2")
    with pytest.raises(BadRequest, match="there is no 100000"):
        check(eye, "clip", "layer2", 100_000)
    eye.tower = nn.Identity()
    del eye.tower
    with pytest.raises(BadRequest, match="cannot be looked into"):
        layers(eye, "clip")
