"""The race is run; who wins it is nobody's test."""

from __future__ import annotations

import json

import pytest

from reverie.bench.race import Heat, as_json, race, table
from reverie.cli import main


def test_both_ways_are_painted_with_the_built_in_models() -> None:
    told: list[str] = []
    (heat,) = race(1, "32x32", steps=2, device="cpu", tell=told.append)
    assert heat.prompt in told[0] and 0 <= heat.score <= 1 and 0 <= heat.ours <= 1
    assert heat.seconds > 0 and heat.ours_seconds > 0


def test_who_never_comes_as_far_has_no_share() -> None:
    heats = [Heat("a", 0.5, 10.0, 0.6, 1.0), Heat("b", 0.5, 10.0, 0.4, 3.0), Heat("c", 0.5, 10.0, 0.5, 2.0)]
    assert [row["share"] for row in json.loads(as_json(heats))] == [0.1, None, 0.2]
    assert table(heats).splitlines()[-1].endswith("0.200"), "the median counts it as last"


def test_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "race", "--count", "1", "--size", "32x32", "--steps", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1
