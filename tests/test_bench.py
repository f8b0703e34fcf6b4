"""The benchmark gives figures that can be true; how large they are is nobody's test."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
import tiny

from reverie import build
from reverie.bench import stages
from reverie.bench.speed import as_json, measure, speed, table
from reverie.errors import BadRequest
from reverie.plan import Plan


def test_figures_are_positive(networks: tiny.Options) -> None:
    rows = speed([tiny.dream(networks, generator="vqgan", seed=i) for i in range(2)], steps=3, device="cpu")
    assert [row.precision for row in rows] == ["fp32", "bf16"]
    for row in rows:
        assert (row.device, row.size, row.batch, row.steps) == ("cpu", "32x32", 2, 3)
        assert row.rate > 0 and row.memory > 10 and row.threads >= 1
        assert 0 < row.first <= row.whole and row.pictures == 2 * 3600 / row.whole
        assert list(row.stages) == ["decode", "views", "look", "back", "step"] and all(spent > 0 for spent in row.stages.values())
        assert 0 < row.share < 1


def test_a_device_that_works_ahead_is_timed_as_a_whole(networks: tiny.Options) -> None:
    """As CUDA is; the CPU can be, too."""
    dreams, plan = [tiny.dream(networks, generator="vqgan")], Plan(tiny.CPU, False, 256)
    assert 0 < stages._undisturbed(build.engine(dreams, plan), dreams, plan, 3) < stages.stages(dreams, plan, 3).whole * 20


def test_no_steps_has_no_rate(networks: tiny.Options) -> None:
    row = measure([tiny.dream(networks, steps=0)], "cpu")
    assert row.rate == 0 and row.whole > 0


def test_table_and_json_show_every_figure(networks: tiny.Options) -> None:
    row = measure([tiny.dream(networks, steps=2)], "cpu")
    head, line, _, heads, parts = table([row]).splitlines()
    assert len(head) == len(line) and len(heads) == len(parts)
    assert line.split()[:6] == ["fp32", "cpu", str(row.threads), "32x32", "1", "2"]
    assert heads.endswith("of peak") and parts.endswith("%")
    assert json.loads(as_json([row])) == [asdict(row) | {"pictures": row.pictures}]


def test_a_bad_request_comes_back_whole(networks: tiny.Options) -> None:
    with pytest.raises(BadRequest, match="no-such"):
        speed([tiny.dream(networks).model_copy(update={"generator": "no-such"})], steps=1, device="cpu")
