"""Measurements are kept as they are made and never made twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.bench.ledger import Ledger
from reverie.errors import BadRequest, Failed


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    path, made = tmp_path / "new" / "kept.jsonl", list[int]()

    def make() -> dict[str, int]:
        made.append(1)
        return {"seconds": len(made)}

    assert Ledger(path).once({"work": "a", "turn": 0}, make) == {"seconds": 1}
    assert Ledger(path).once({"turn": 0, "work": "a"}, make) == {"seconds": 1}
    assert Ledger(path).once({"work": "a", "turn": 1}, make) == {"seconds": 2}
    without = Ledger()
    assert without.once({}, make) == without.once({}, make) == {"seconds": 3}


def test_failures_are_not_kept(tmp_path: Path) -> None:
    def fail() -> dict[str, int]:
        raise Failed("no")

    with pytest.raises(Failed):
        Ledger(tmp_path / "kept").once({}, fail)
    assert Ledger(tmp_path / "kept").once({}, lambda: {"a": 1}) == {"a": 1}


def test_a_line_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    Ledger(path).once({"turn": 0}, lambda: {"a": 1})
    whole = path.read_text()
    path.write_text(whole + '{"asked": {"turn": 1}, "fou')
    ledger = Ledger(path)
    assert path.read_text() == whole
    assert ledger.once({"turn": 0}, lambda: {"a": 2}) == {"a": 1}
    assert ledger.once({"turn": 1}, lambda: {"a": 3}) == {"a": 3}
    assert len(Ledger(path).kept) == 2


def test_another_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\nmore\n")
    with pytest.raises(BadRequest, match="holds no measurement in line 1: give another file"):
        Ledger(path)
    assert path.read_text() == "my notes\nmore\n"
    with pytest.raises(BadRequest, match="cannot be read"):
        Ledger(tmp_path)
