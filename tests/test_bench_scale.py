"""How cost grows: rows for every rung, the base once, and those left out named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from reverie.bench.ledger import Ledger
from reverie.bench.scale import LADDERS, Climb, Row, ladder, ladders, scale, table
from reverie.bench.tables import as_json
from reverie.errors import BadRequest

QUICK = Climb(laps=1, device="cpu")


def test_every_rung_is_a_row_and_the_base_is_measured_once(networks: tiny.Options, tmp_path: Path) -> None:
    base, kept, said = tiny.dream(networks, generator="vqgan"), tmp_path / "kept.jsonl", list[str]()
    varied = {"batch": (1, 2), "size": (32, 48), "views": (4, 6)}
    found = scale(base, varied, QUICK, Ledger(kept), said.append)
    rows = [Row(**row) for row in found["rows"]]
    assert [(row.varied, row.batch, row.size, row.views) for row in rows] == [
        ("batch", 1, "32x32", 4), ("batch", 2, "32x32", 4), ("size", 1, "32x32", 4), ("size", 1, "48x48", 4),
        ("views", 1, "32x32", 4), ("views", 1, "32x32", 6),
    ]  # fmt: skip
    for row in rows:
        assert row.seconds and row.pictures == pytest.approx(3600 * row.batch / (row.seconds * 3))
        assert row.memory and row.memory > 10 and row.threads >= 1 and not row.why
    assert rows[0].seconds == rows[2].seconds == rows[4].seconds
    assert len(kept.read_text().splitlines()) == 4 and len(said) == 6
    again = scale(base, varied, QUICK, Ledger(kept), said.append)
    assert again == found
    assert found["kind"] == "cpu" and found["generator"] == "vqgan" and found["steps"] == 3


def test_what_is_larger_than_a_row_over_the_limit_is_left_out(networks: tiny.Options) -> None:
    climb = Climb(laps=2, limit=1e-9, device="cpu")
    first, *others = ladder(tiny.dream(networks), "views", (4, 5, 6), climb, Ledger(), print)
    assert first.seconds and not first.why
    assert [row.seconds for row in others] == [None, None]
    assert all(row.why.startswith("left out: at views 4 a step takes") and "more than --limit 1e-09" in row.why for row in others)


def test_one_that_cannot_be_painted_costs_one_row(networks: tiny.Options) -> None:
    bad, good = ladder(tiny.dream(networks, generator="vqgan"), "size", (1, 32), QUICK, Ledger(), print)
    assert bad.seconds is None and "1x1" in bad.why
    assert good.seconds


def test_what_is_varied_is_understood() -> None:
    assert ladders(()) == dict(LADDERS)
    assert ladders(("views=16,8", "batch")) == {"views": (8, 16), "batch": LADDERS["batch"]}
    with pytest.raises(BadRequest, match="Did you mean 'size'"):
        ladders(("sise=3",))
    with pytest.raises(BadRequest, match="whole numbers, as in --vary size=128,192,256"):
        ladders(("size=128x128",))


@pytest.mark.parametrize("climb", [{"laps": 0}, {"limit": 0.0}, {"limit": float("nan")}])
def test_refusals(climb: dict[str, float]) -> None:
    with pytest.raises(BadRequest, match="above"):
        Climb(**climb)  # type: ignore[arg-type]


def test_table_and_json_show_every_figure() -> None:
    rows = [
        {"varied": "batch", "batch": 4, "size": "32x32", "views": 8, "seconds": 2.0, "pictures": 240.0, "memory": 99.6, "why": ""},
        {"varied": "batch", "batch": 8, "size": "32x32", "views": 8, "seconds": None, "pictures": None, "memory": None, "why": "no"},
    ]
    head, first, second, last = table({"rows": rows}).splitlines()
    assert len(head) == len(first) == len(second)
    assert first.split() == ["batch", "4", "32x32", "8", "2", "0.5", "240", "100"]
    assert second.split()[-4:] == ["-"] * 4 and last == "batch 8: no"
    assert json.loads(as_json({"rows": rows}))["rows"] == rows
