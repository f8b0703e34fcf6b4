"""Draws are stateless: the same seed, step and purpose give the same numbers, whatever happened before."""

from __future__ import annotations

import torch

from reverie.rng import Rng


def test_the_same_key_draws_the_same() -> None:
    first = Rng(7).normal((3, 4), "views", 5)
    torch.rand(10)
    Rng(7).uniform((2,), "views", 5)
    assert torch.equal(Rng(7).normal((3, 4), "views", 5), first)


def test_seed_step_and_purpose_each_matter() -> None:
    draws = [Rng(s).uniform((8,), purpose, step) for s, purpose, step in ((0, "a", 0), (1, "a", 0), (0, "b", 0), (0, "a", 1), (0, "a", 10))]
    assert len({tuple(draw.tolist()) for draw in draws}) == len(draws)


def test_keys_do_not_run_into_each_other() -> None:
    assert Rng(1).key("x", 23) != Rng(12).key("x", 3)
    assert Rng(1).key("1", 2) != Rng(1).key("2", 1)


def test_keys_are_fixed_for_ever() -> None:
    """A picture painted today is painted again by tomorrow's version."""
    assert Rng(0).key("start") == 8719711094854997230
    assert 0 <= Rng(2**63 - 1).key("start", 10**6) < 2**63


def test_draws_do_not_touch_the_global_generator() -> None:
    before = torch.random.get_rng_state()
    Rng(0).normal((4,), "views")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_distributions() -> None:
    uniform, normal = Rng(0).uniform((10000,), "u"), Rng(0).normal((10000,), "n")
    assert uniform.min() >= 0 and uniform.max() < 1 and abs(uniform.mean() - 0.5) < 0.02
    assert abs(normal.mean()) < 0.05 and abs(normal.std() - 1) < 0.05
