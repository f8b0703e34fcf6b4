"""Tiled pictures have no seam, whichever generator paints them."""

from __future__ import annotations

import pytest
import tiny
import torch
from torch import Tensor

from reverie.begin import start
from reverie.build import engine, frames
from reverie.cutouts import Cutter
from reverie.generators.tiled import AXES
from reverie.plan import Plan
from reverie.rng import Rng
from reverie.step import decode

PLAN = Plan(tiny.CPU, False, 256)


def seams(image: Tensor) -> tuple[float, float]:
    """How much larger the step across and down over the edge is than the usual one inside."""
    found = []
    for axis in (-1, -2):
        steps = (image.roll(-1, axis) - image).abs().mean((0, 1))  # the last one goes over the edge
        lines = steps.mean(0 if axis == -1 else 1)
        found.append((lines[-1] / lines[:-1].mean()).item())
    return found[0], found[1]


@pytest.mark.parametrize("tile", ["none", *AXES])
def test_a_ramp_is_closed(networks: tiny.Options, tile: str) -> None:
    """A picture that gets brighter to the right and below has a seam on both axes, but for those that are tiled."""
    dream = tiny.dream(networks, "a fox", generator="pixels", size=(64, 48), tile=tile)
    made = engine([dream], PLAN)
    latent = made.generator.start([Rng(0)], 48, 64)
    inner = latent.parts[0]
    assert (latent.height, latent.width) == (48, 64) and inner.shape[-1] == 64 + 32 * (tile in ("across", "both"))
    high, wide = inner.shape[-2:]
    ramp = torch.linspace(0, 1, wide).expand(high, wide) + torch.linspace(0, 1, high).view(-1, 1).expand(high, wide)
    inner.copy_(ramp.expand_as(inner) - 1)
    across, down = seams(decode(made, latent))
    assert (across < 4) == (tile in ("across", "both")) and (down < 4) == (tile in ("down", "both"))


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan", "biggan", "progan", "fft", "siren", "logits"])
def test_every_generator_can(networks: tiny.Options, generator: str) -> None:
    dream = tiny.dream(networks, "a fox", generator=generator, size=(64, 64), tile="both", steps=2, init="random")
    *_, last = frames([dream], device="cpu")
    assert last.pixels.shape == (64, 64, 3)


def test_a_start_from_a_picture_is_the_picture_where_nothing_fades(networks: tiny.Options) -> None:
    made = engine([tiny.dream(networks, "a fox", generator="pixels", size=(64, 64), tile="across")], PLAN)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    again = made.generator(made.generator.encode(picture))
    assert torch.allclose(again, picture, atol=0.02)


def test_views_go_round() -> None:
    """A view over the right edge shows the left one."""
    picture = torch.zeros(1, 3, 64, 64)
    picture[..., :8] = 1
    plain, round_ = (Cutter(64, 16, (0.4, 0.5), tile=tile) for tile in ("none", "across"))
    rngs = [Rng(0)]
    boxes = round_.draw(rngs, 0, 0.0, 64, 64).boxes[0]
    over = (boxes[:, 0] + boxes[:, 2] / 2 > 1.1) & (boxes[:, 0] - boxes[:, 2] / 2 > 0.4)
    assert over.any()
    geometry = round_.draw(rngs, 0, 0.0, 64, 64)
    assert round_.cut(picture, geometry)[over].amax((1, 2, 3)).min() > 0.5 and plain.cut(picture, geometry)[over].max() < 0.1


def test_a_chooser_chooses_tiled_starts(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, "a fox", generator="biggan", size=(64, 64), tile="both", init="sketch")
    made = engine([dream], PLAN)
    assert decode(made, start(made, [dream], PLAN)).shape == (1, 3, 64, 64)
