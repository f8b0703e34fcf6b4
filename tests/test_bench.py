"""The benchmark gives figures that can be true; how large they are is nobody's test."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
import tiny

from reverie.bench.speed import as_json, measure, speed, table
from reverie.errors import BadRequest


def test_figures_are_positive(networks: tiny.Options) -> None:
    rows = speed(tiny.dream(networks, generator="vqgan"), steps=3, device="cpu")
    assert [row.precision for row in rows] == ["fp32", "bf16"]
    for row in rows:
        assert (row.device, row.size, row.steps) == ("cpu", "32x32", 3)
        assert row.rate > 0 and row.memory > 10 and row.threads >= 1
        assert 0 < row.first <= row.whole


def test_no_steps_has_no_rate(networks: tiny.Options) -> None:
    row = measure(tiny.dream(networks, steps=0), "cpu")
    assert row.rate == 0 and row.whole > 0


def test_table_and_json_show_every_figure(networks: tiny.Options) -> None:
    row = measure(tiny.dream(networks, steps=2), "cpu")
    head, line = table([row]).splitlines()
    assert len(head) == len(line)
    assert line.split()[:5] == ["fp32", "cpu", str(row.threads), "32x32", "2"]
    assert len(line.split()) == len(asdict(row))
    assert json.loads(as_json([row])) == [asdict(row)]


def test_a_bad_request_comes_back_whole(networks: tiny.Options) -> None:
    with pytest.raises(BadRequest, match="no-such"):
        speed(tiny.dream(networks).model_copy(update={"generator": "no-such"}), steps=1, device="cpu")
