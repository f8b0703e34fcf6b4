"""A time instead of steps: what is a time, what fits into it, and that nothing else of the dream changes."""

from __future__ import annotations

import pytest
import tiny

from reverie.budget import MOST_STEPS, Pace, planned, seconds
from reverie.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "time"), [("30s", 30), ("2m", 120), ("1h30m", 5400), ("90", 90), ("1.5m", 90), ("1h1s", 3601), (" 2M30S ", 150), ("0.5", 0.5)]
)
def test_times(text: str, time: float) -> None:
    assert seconds(text) == time


@pytest.mark.parametrize("text", ["", "0", "0s", "-3", "soon", "30m2h", "1.2.3s", ".s", "inf", "nan", "1d"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(BadRequest, match="write 30s, 2m or 1h30m"):
        seconds(text)


def test_what_fits_is_what_takes_no_longer() -> None:
    pace = Pace(step=0.1, rest=2.0)
    for left in (5.0, 30.0, 600.0):
        steps = pace.steps(left)
        assert pace.time(steps) <= left < pace.time(steps + 1)
    assert pace.steps(0.5) == pace.steps(-3) == 1 and pace.steps(1e9) == MOST_STEPS


def test_only_the_steps_are_planned(networks: tiny.Options) -> None:
    dreams = [tiny.dream(networks, seed=seed, judge="none", patience=1) for seed in (0, 1)]
    few, pace = planned(dreams, 1e-3, "cpu")
    many, _ = planned(dreams, 1e9, "cpu")
    assert pace.step > 0 and pace.rest > 0
    assert few == [dream.model_copy(update={"steps": 1}) for dream in dreams]
    assert many == [dream.model_copy(update={"steps": MOST_STEPS}) for dream in dreams]


def test_a_probe_can_be_stopped(networks: tiny.Options) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return True

    planned([tiny.dream(networks, steps=1000)], 1e9, "cpu", stop)
    assert len(asked) <= 4
