"""What fits: measured on one dream and one view, before the first step."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import tiny
import torch
from torch import nn

from reverie import begin, fitting, memory
from reverie.fitting import fitted, held
from reverie.memory import Portions
from reverie.plan import Plan
from reverie.step import Engine
from reverie.types import Latent


def test_all_at_once_where_it_fits_else_views_in_portions_else_dreams_too() -> None:
    assert fitted(10, 100, 100, 4, 10_000) == Portions(100, 4)
    assert fitted(10, 100, 100, 4, 1_600) == Portions(60, 4), "what the dreams leave"
    assert fitted(10, 100, 400, 4, 1_600) == Portions(50, 1, frugal=True)
    assert fitted(10, 100, 400, 4, 1) == Portions(1, 1, frugal=True), "less than one there is not"
    assert fitted(0, 100, 0, 4, 1_600) == Portions(100, 4), "a perceptor that keeps nothing"


def test_what_a_graph_holds_is_counted_once() -> None:
    layer = nn.Linear(8, 8)
    x = torch.randn(4, 8, requires_grad=True)
    weight, picture = 8 * 8 * 4, 4 * 8 * 4
    assert held(lambda: layer(x)) == weight + picture
    assert held(lambda: (x + 1).sin().exp()) == 2 * picture
    assert held(lambda: x * x) == picture


def engine(networks: tiny.Options, count: int, generator: str = "vqgan", size: int = 32) -> tuple[Engine, Latent]:
    dreams = [tiny.dream(networks, "a fox", seed=i, generator=generator, views=5, size=size) for i in range(count)]
    made = tiny.engine(dreams)
    return made, begin.start(made, dreams, Plan(tiny.CPU, False, 256))


def test_small_dreams_are_not_measured(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "held", lambda run: pytest.fail("measured"))
    made, latent = engine(networks, 2)
    assert fitting.fitting(made, latent) == Portions(256, 2)


@pytest.mark.parametrize("generator", ["vqgan", "stack", "logits"])
def test_large_ones_are(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch, generator: str) -> None:
    made, latent = engine(networks, 3, generator)
    monkeypatch.setattr(fitting, "SMALL", 100)
    assert fitting.fitting(made, latent) == Portions(15, 3)
    monkeypatch.setattr(fitting, "room", lambda device: 1_000_000)
    small = fitting.fitting(made, latent)
    assert 1 <= small.views < 15 and 1 <= small.dreams <= 3
    assert fitting.fitting(replace(made, portions=small), latent) == small, "the same again"
    monkeypatch.setattr(fitting, "room", lambda device: 1)
    assert fitting.fitting(made, latent) == Portions(1, 1, frugal=True)


def test_many_views_are_measured_however_small_the_dream(networks: tiny.Options) -> None:
    made, latent = engine(networks, 2)
    assert fitting.fitting(replace(made, portions=Portions(4, 2)), latent) == Portions(10, 2), "this machine has room for ten"


def test_room_is_a_share_of_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 4000))
    assert fitting.room(torch.device("cuda")) == 900
    assert 1 << 28 < fitting.room(tiny.CPU) < 1 << 45
    monkeypatch.setattr(memory, "os", SimpleNamespace())
    assert fitting.room(tiny.CPU) == 4 << 30, "where the machine does not say"
