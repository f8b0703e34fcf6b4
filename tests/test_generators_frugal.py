"""Frugal generators: the same pictures and gradients from less that is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny
import torch
from torch import Tensor

from reverie import begin
from reverie.fitting import held
from reverie.generators.frugal import frugal
from reverie.nets.again import Again, recomputed
from reverie.nets.vqgan import ResnetBlock
from reverie.plan import Plan
from reverie.step import decode
from reverie.types import Frugal

ABLE = ("vqgan", "logits", "biggan", "siren")


@pytest.mark.parametrize("generator", [*ABLE, "pixels", "stack", "progan", "fft"])
@pytest.mark.parametrize("more", [{}, {"tile": "across"}, {"transparent": True}])
def test_pictures_and_gradients_stay(networks: tiny.Options, generator: str, more: dict[str, object]) -> None:
    dream = tiny.dream(networks, "a fox", generator=generator, **more)
    made = tiny.engine([dream])
    latent = begin.start(made, [dream], Plan(tiny.CPU, False, 256))
    spare = replace(made, generator=frugal(made.generator))
    assert isinstance(made.generator, Frugal) == (generator in ABLE or bool(more))

    def told(engine: object) -> list[Tensor]:
        images = decode(engine, latent)  # type: ignore[arg-type]
        return [images, *torch.autograd.grad(images.square().sum(), latent.parts, allow_unused=True)]

    for a, b in zip(told(made), told(spare), strict=True):
        assert (a is None and b is None) or torch.equal(a, b)
    if generator in ABLE:
        # checkpoint's own hooks hide what it keeps: the inputs of its layers, which is little
        assert held(lambda: decode(spare, latent)) < held(lambda: decode(made, latent))


def test_the_network_itself_stays_as_it_is() -> None:
    network = tiny.vqgan()
    names = [name for name, _ in network.named_modules()]
    spare = recomputed(network, ResnetBlock)
    assert sum(isinstance(module, Again) for module in spare.modules()) > 3
    assert [name for name, _ in network.named_modules()] == names
    assert {id(p) for p in spare.parameters()} == {id(p) for p in network.parameters()}, "the weights are there once"
