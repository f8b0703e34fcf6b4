"""Daydreams: the layer answers more strongly with every step, each dream as alone, from its recipe again."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from reverie.build import frames
from reverie.daydream import Tiles
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.options.layers import Options
from reverie.rng import Rng

Networks = dict[str, dict[str, Any]]


def dream(networks: Networks, layers: Any = "blocks.0", **fields: Any) -> Dream:
    given = {"size": 32, "steps": 3, "generator": "pixels", "init": "noise", "judge": "none", "layers": layers}
    options = {"mini": networks["mini"], **fields.pop("options", {})}
    return Dream(**{**given, **fields, "options": options})


def painted(*dreams: Dream) -> torch.Tensor:
    """Their last pictures, [B,H,W,3]."""
    last = {frame.index: frame.pixels for frame in frames(dreams, wants=lambda step, steps: step == steps, device="cpu")}
    return torch.stack([last[index] for index in range(len(dreams))]).int()


def losses(one: Dream) -> list[float]:
    return [frame.losses["layers"] for frame in frames([one], wants=lambda step, steps: True, device="cpu") if frame.losses]


@pytest.mark.parametrize("layers", ["blocks.0", "stem#3", "blocks.0:0.5 stem"])
@pytest.mark.parametrize("over", ["tiles", "views"])
def test_a_layer_answers_more_strongly(networks: Networks, layers: str, over: str) -> None:
    told = losses(dream(networks, layers, steps=12, options={"layers": {"over": over, "octaves": 1}}))
    assert min(told[-3:]) < told[0]


def test_dreams_in_a_batch_are_as_alone(networks: Networks) -> None:
    one, two = (dream(networks, seed=seed, precision="fp32") for seed in (3, 4))
    both = painted(one, two)
    assert (both[:1] - painted(one)).abs().max() <= 1 and (both[1:] - painted(two)).abs().max() <= 1
    assert torch.equal(painted(one), painted(one))


def test_chunks_change_nothing(networks: Networks) -> None:
    whole, parts = (painted(dream(networks, size=48, precision="fp32", options={"layers": {"together": together}})) for together in (64, 2))
    assert (whole - parts).abs().max() <= 1


def test_words_and_layers_together(networks: Networks) -> None:
    found = list(frames([dream(networks, prompts="a fox")], wants=lambda step, steps: True, device="cpu"))[-1]
    assert {"layers", "resemblance"} <= set(found.losses)


def test_no_words_and_no_layer_is_nothing() -> None:
    with pytest.raises(ValueError, match="nothing to paint"):
        Dream()


def test_a_layer_that_is_not_there_is_told(networks: Networks) -> None:
    with pytest.raises(BadRequest, match="reverie layers mini"):
        painted(dream(networks, "blocks.77"))


@pytest.mark.parametrize("tile", ["none", "across", "down", "both"])
def test_tiles_cover_the_picture_at_every_octave(tile: str) -> None:
    size, steps = 8, 6
    tiles = Tiles(size, [Rng(5), Rng(6)], steps, Options(octaves=3, ratio=1.5), tile)
    sizes = []
    for step in range(steps):
        pictures = torch.rand(2, 3, 20, 31, requires_grad=True)
        found = tiles(pictures, step)
        assert found.shape[1:] == (3, size, size) and len(found) % 2 == 0
        (slope,) = torch.autograd.grad(found.sum(), pictures)
        assert (slope > 0).all()
        sizes.append(tiles.octave(step, 20, 31))
    assert sizes == sorted(sizes) and sizes[-1] == (20, 31) and sizes[0] < sizes[-1]
    last = F.interpolate(torch.rand(2, 3, 20, 31), size=sizes[-1])
    assert not torch.equal(tiles(last, 4), tiles(last, 5))
