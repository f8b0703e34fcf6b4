"""Steps of a batch of dreams are timed, and left when enough was seen."""

from __future__ import annotations

import pytest
import tiny

from reverie.bench.clock import Clock
from reverie.bench.laps import laps
from reverie.bench.process import ask
from reverie.errors import Failed


def test_a_batch_is_left_once_enough_was_seen(networks: tiny.Options) -> None:
    clock = Clock(2)
    found = laps([tiny.dream(networks, seed=seed, steps=500) for seed in range(3)], clock, "cpu")
    assert found["seconds"] == clock.laps and len(clock.ticks) == 4
    assert found["device"] == "cpu" and found["threads"] >= 1 and found["memory"] > 10


def test_it_answers_in_a_process_of_its_own(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, generator="vqgan", steps=4).model_dump(mode="json")
    found = ask("reverie.bench.laps", {"dreams": [dream], "steps": 2, "device": "cpu"})
    assert len(found["seconds"]) == 2 and all(lap > 0 for lap in found["seconds"])


def test_dreams_too_short_to_be_timed_are_told(networks: tiny.Options) -> None:
    with pytest.raises(Failed, match="ended after 2 steps, before one could be counted"):
        laps([tiny.dream(networks, steps=2)], Clock(2), "cpu")
