"""A clock counts steps after the warm-up, and knows when it has seen enough."""

from __future__ import annotations

import pytest

from reverie.bench.clock import Clock, warm_up


def test_laps_are_between_ticks_after_the_warm_up() -> None:
    clock = Clock(2, warm=1)
    assert [clock.tick() for _ in range(4)] == [False, False, False, True]
    assert len(clock.laps) == 2 and all(lap >= 0 for lap in clock.laps)
    clock.ticks = [0.0, 5.0, 6.0, 8.0]
    assert clock.laps == [1.0, 2.0]


def test_a_step_over_the_limit_is_the_last() -> None:
    clock = Clock(10, warm=1, limit=1.5)
    clock.ticks = [0.0, 5.0, 6.0]
    assert not clock.enough, "warming up may take its time"
    clock.ticks.append(8.0)
    assert clock.enough


@pytest.mark.parametrize(("device", "steps"), [("cpu", 1), ("cuda", 5), ("cuda:1", 5)])
def test_gpus_warm_up_longer(device: str, steps: int) -> None:
    assert warm_up(device) == steps
