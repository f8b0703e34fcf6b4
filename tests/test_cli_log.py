"""``reverie log``: painting records, listing shows, searching finds, and a gallery that fails costs no picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from reverie.cli import main
from reverie.store import Store

TINY = ["--size", "16", "--steps", "1", "--generator", "pixels", "--init", "random", "--quiet"]


@pytest.fixture
def words(tmp_path: Path, networks: dict[str, dict[str, object]]) -> list[str]:
    return [*TINY, "--out", str(tmp_path / "dreams"), "-o", f"mini.weights={networks['mini']['weights']}"]


def test_what_is_painted_is_listed(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint", "a [red] fox", *words]) == main(["paint", "an owl", "--no-metadata", *words]) == 0
    capsys.readouterr()
    assert main(["log"]) == 0
    shown = capsys.readouterr().out
    assert "a [red] fox" in shown and "an owl" in shown and "(gone)" not in shown
    assert main(["log", "RED", "--json"]) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert row["generator"] == "pixels" and row["recipe"]["dream"]["steps"] == 1 and Path(row["path"]).is_file()
    Path(row["path"]).unlink()
    assert main(["log", "red"]) == 0 and "(gone)" in " ".join(capsys.readouterr().out.split())
    assert main(["log", "--rebuild", str(tmp_path / "dreams")]) == 0
    assert "0 pictures are in the gallery now" in capsys.readouterr().out  # one is gone, the other has no recipe


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--since", "yesterday"], "--since yesterday"),
        (["--rebuild", "nowhere"], "no folder 'nowhere'"),
        (["--limit", "0"], "limit"),
        (["--limit", "9" * 20], "limit"),
        (["--seed", "9" * 20], "seed"),
        (["--until", "9999-12-31"], "9999-12-31"),
    ],
)
def test_bad_requests(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", *given]) == 2 and said in capsys.readouterr().err


def test_words_that_are_no_text_find_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "\udcff"]) == 0 and "Nothing is recorded" in capsys.readouterr().err


def test_a_gallery_made_anew_keeps_what_pictures_do_not_say(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint", "a fox", "--every", "1", "--video", "gif", "--seconds", "0.1", *words]) == 0
    (before,) = Store().find()
    capsys.readouterr()
    (tmp_path / "dreams" / "x.frames").mkdir()
    (tmp_path / "dreams" / "x.frames" / "000001.png").write_bytes(b"")
    assert main(["log", "--rebuild", str(tmp_path / "dreams")]) == 0
    assert capsys.readouterr().err == "", "stills and frames are no pictures of their own"
    assert Store().find() == [before] and before.loss is not None


def test_days_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "--since", "2026-01-01", "--until", "2026-01-01"]) == 0
    assert "Nothing is recorded" in capsys.readouterr().err


def test_a_gallery_that_fails_costs_no_picture(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store().path.parent.mkdir(parents=True)
    Store().path.write_bytes(b"damaged" * 100)
    assert main(["paint", "a fox", *words]) == 0
    told = capsys.readouterr()
    assert Path(told.out.strip()).is_file() and "warning: not recorded in the gallery" in told.err


def test_whatever_goes_wrong_while_recording_the_whole_batch_is_saved(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)  # importing it fails, which is no error of Reverie's
    assert main(["paint", "a fox", "--batch", "3", *words]) == 0
    told = capsys.readouterr()
    assert len([line for line in told.out.splitlines() if Path(line).is_file()]) == 3
    assert told.err.count("warning: not recorded") == 3
