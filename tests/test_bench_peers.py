"""Peers and Reverie in turn, each in a process of its own: programs that pass for peers, and Reverie's own presets, small."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import peers as small
import pytest

from reverie.bench.ledger import Ledger
from reverie.bench.peers import Row, Sides, peers, refused, row, summed, table
from reverie.bench.rivals import WORKS, Rivals, Work
from reverie.bench.tables import as_json
from reverie.errors import Failed

BY_NAME = {work.name: work for work in WORKS}


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return small.environment(tmp_path_factory.mktemp("peers") / "venv")


def sides(asked: Rivals, venv: Any, said: list[str]) -> Sides:
    made = small.SmallSides(asked, "cpu", said.append)
    made.venv = venv
    return made


def test_both_sides_of_vqgan_clip(tmp_path: Path, venv: Any) -> None:
    asked, said = small.checkouts(tmp_path), list[str]()
    found = row(BY_NAME["vqgan"], asked, "cpu", Ledger(tmp_path / "kept"), sides(asked, venv, said))
    assert not found.why
    assert (found.turns, found.ratios, found.side, found.batch) == (1, (found.ratio,), 64, 1)
    assert all(value > 0 for value in (*found.rates, *found.pictures, *found.memory))
    assert [line.split()[-2] for line in said] == ["vqgan-clip", "Reverie"]
    assert (tmp_path / "vqgan-clip" / "ran").read_text() == "3 steps of 64, 32 views", "two that count after one that warms up"
    assert not list(tmp_path.rglob("__pycache__")), "nothing is left in a checkout"
    assert len((tmp_path / "kept").read_text().splitlines()) == 2


def test_deep_daze_has_its_turn_and_tells_why_it_fails(venv: Any) -> None:
    work, asked = BY_NAME["siren-256"], Rivals(turns=1, steps=1, size=64, device="cpu")
    assert len(sides(asked, venv, []).theirs(work)["seconds"]) == 1
    wide = replace(asked, size=80)
    failed = row(work, wide, "cpu", Ledger(), sides(wide, venv, []))
    assert (failed.ratio, failed.why) == (None, "deep-daze: RuntimeError: 80 is too wide for me")


class Counting(Sides):
    """Sides whose figures are known, and who fail at the fifth turn."""

    asked_for: int = 0

    def theirs(self, work: Work) -> dict[str, Any]:
        self.asked_for += 1
        if self.asked_for > 4:
            raise Failed("deep-daze: gave up")
        return {"seconds": [3.0, 1.0, 2.0], "memory": 100.0 * self.asked_for, "threads": 1}

    def ours(self, work: Work) -> dict[str, Any]:
        return {"seconds": [0.5 * self.asked_for], "memory": 50.0, "threads": 1}


def test_medians_are_of_ratios_and_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    asked, kept = Rivals(turns=3, device="cpu"), tmp_path / "kept.jsonl"
    found = row(BY_NAME["siren-256"], asked, "cpu", Ledger(kept), Counting(asked, "cpu", print))
    assert found.ratios == (4.0, 2.0, 2 / 1.5) and found.ratio == 2.0
    assert found.rates == (0.5, 1.0) and found.memory == (300.0, 50.0)
    assert found.pictures == pytest.approx((3600 * 0.5 / 1050, 3600 / 1050))
    again = Counting(asked, "cpu", print)
    assert row(BY_NAME["siren-256"], asked, "cpu", Ledger(kept), again) == found and again.asked_for == 0
    longer = replace(asked, turns=6)
    more = row(BY_NAME["siren-256"], longer, "cpu", Ledger(kept), Counting(longer, "cpu", print))
    assert more.turns == 6, "three kept, three new"


def test_turns_that_were_had_before_a_failure_count() -> None:
    asked = Rivals(turns=9, device="cpu")
    assert row(BY_NAME["siren-256"], asked, "cpu", Ledger(), Counting(asked, "cpu", print)).turns == 4


def test_a_batch_counts_each_of_its_pictures() -> None:
    pairs = [({"seconds": [1.0], "memory": 1.0, "threads": 1}, {"seconds": [4.0], "memory": 2.0, "threads": 1})]
    work = BY_NAME["vqgan-16"]
    found = summed(Row(work.name, work.about(), work.peer, "cuda", 256, 16), work, pairs)
    assert found.ratio == 4 and found.rates == (1, 4) and found.pictures == (7.2, 28.8)


def test_what_is_not_measured_says_why(tmp_path: Path) -> None:
    assert refused(BY_NAME["biggan-512"], Rivals(), "cpu") == "needs cuda, this is cpu"
    assert "--taming PATH (CompVis/taming-transformers)" in refused(BY_NAME["vqgan"], Rivals(), "cpu")
    assert refused(BY_NAME["vqgan"], small.checkouts(tmp_path), "cpu") == ""
    said: list[str] = []
    found = peers(Rivals(work=("vqgan", "siren-512"), device="cpu"), said.append)
    assert [one["ratio"] for one in found["rows"]] == [None, None] and not said, "nothing was started"
    assert found["kind"] == "cpu" and found["date"] and found["torch"]
    text = table(found)
    assert "siren-512 (SIREN 512x512, ViT-B/32, 4 times 4 views) is not measured: needs cuda, this is cpu" in text


def test_table_and_json_show_every_figure() -> None:
    figures: dict[str, Any] = {"ratio": 2.345, "rates": (0.1, 0.2345), "pictures": (1.5, 3.5), "memory": (100.4, 200.6)}
    made = Row("vqgan", "a work", "vqgan-clip", "cpu", 256, 1, threads=2, turns=3, **figures)
    found = {"device": "a machine", "rows": [asdict(made)]}
    head, line = table(found).splitlines()
    assert len(head) == len(line)
    assert line.split() == ["vqgan", "vqgan-clip", "cpu", "1", "3", "0.1", "0.234", "2.35", "1.5", "3.5", "100", "201"]
    assert json.loads(as_json(found))["rows"][0]["rates"] == [0.1, 0.2345]
