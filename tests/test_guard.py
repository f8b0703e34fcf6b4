"""Poisoned steps are found and taken back, for the rows that they struck and bit by bit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from reverie.guard import snapshot, sound, undo
from reverie.optimisers import OPTIMISERS

NAN, INF = float("nan"), float("inf")


def parts() -> tuple[Tensor, Tensor]:
    draws = torch.Generator().manual_seed(0)
    return torch.randn(3, 2, 4, generator=draws).requires_grad_(), torch.randn(3, 5, generator=draws).requires_grad_()


def step(given: tuple[Tensor, ...], optimiser: torch.optim.Optimizer, seed: int, poison: tuple[float, int] | None = None) -> None:
    """One step along random gradients, a value of one row's replaced by a poison."""
    draws = torch.Generator().manual_seed(seed)
    for part in given:
        part.grad = torch.randn(part.shape, generator=draws)
    if poison is not None:
        given[1].grad[poison[1], 2] = poison[0]  # type: ignore[index]
    optimiser.step()


def state(given: tuple[Tensor, ...], optimiser: torch.optim.Optimizer) -> list[Tensor]:
    kept = [part.detach().clone() for part in given]
    for part in given:
        kept += [value.clone() for value in optimiser.state[part].values() if isinstance(value, Tensor) and value.shape == part.shape]
    return kept


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("first", [True, False])
def test_only_the_struck_row_is_as_before(name: str, first: bool) -> None:
    given, clean = parts(), parts()
    struck, other = OPTIMISERS[name](given, lr=0.1), OPTIMISERS[name](clean, lr=0.1)
    if not first:
        step(given, struck, seed=1)
        step(clean, other, seed=1)
    before, kept = snapshot(given, struck), state(given, struck)
    step(given, struck, seed=2, poison=(NAN, 1))
    step(clean, other, seed=2)
    fine = sound(given, torch.zeros(3))
    assert fine.tolist() == [True, False, True]
    undo(given, struck, before, fine)
    after, expected = state(given, struck), state(clean, other)
    for i, (value, wanted) in enumerate(zip(after, expected, strict=True)):
        assert torch.equal(value[::2], wanted[::2])
        back = kept[i] if i < len(kept) else torch.zeros_like(value)  # a first step's moments come from nothing
        assert torch.equal(value[1], back[1])


def test_a_poisoned_first_step_does_no_harm_later() -> None:
    given = parts()
    optimiser = OPTIMISERS["adam"](given, lr=0.1)
    before = snapshot(given, optimiser)
    step(given, optimiser, seed=1, poison=(INF, 0))
    undo(given, optimiser, before, sound(given, torch.zeros(3)))
    for seed in range(2, 6):
        step(given, optimiser, seed)
        assert sound(given, torch.zeros(3)).all()


@pytest.mark.parametrize("poison", [NAN, INF, -INF])
def test_poison_is_found_wherever_it_is(poison: float) -> None:
    given = parts()
    for part in given:
        part.grad = torch.zeros_like(part)
    loss = torch.tensor([0.0, poison, 1.0])
    assert sound(given, loss).tolist() == [True, False, True]
    assert sound(given, torch.zeros(3)).all()
    assert given[0].grad is not None
    given[0].grad[2, 0, 0] = poison
    assert sound(given, torch.zeros(3)).tolist() == [True, True, False]
    with torch.no_grad():
        given[1][0, 0] = poison
    assert sound(given, loss).tolist() == [False, False, False]


def test_a_snapshot_is_a_copy() -> None:
    given = parts()
    optimiser = OPTIMISERS["adam"](given, lr=0.1)
    step(given, optimiser, seed=1)
    kept, before = state(given, optimiser), snapshot(given, optimiser)
    step(given, optimiser, seed=2)
    undo(given, optimiser, before, torch.zeros(3, dtype=torch.bool))
    assert all(torch.equal(a, b) for a, b in zip(state(given, optimiser), kept, strict=True))
