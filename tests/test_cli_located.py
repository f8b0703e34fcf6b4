"""A picture that was painted from others is painted again from another folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from reverie.cli import main

TINY = ["--generator", "pixels", "--size", "32", "--views", "2", "--steps", "2", "-q"]


def test_what_lies_beside_a_picture_is_found_and_what_is_gone_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("work", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Image.new("RGB", (32, 32), "teal").save("start.png")
    Image.new("RGB", (32, 32), "gold").save("style.png")
    assert main(["a fox | style.png:0.2", *TINY, "--init", "start.png", "--palette", "style.png", "--out", "fox.png"]) == 0
    whole = Path("fox.png").read_bytes()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["replay", "../work/fox.png", "--out", "again.png", "-q"]) == 0
    assert Path("again.png").read_bytes() == whole
    (tmp_path / "work" / "start.png").rename(tmp_path / "moved.png")
    for words in (["replay", "../work/fox.png"], ["extend", "../work/fox.png"]):
        assert main([*words, "--out", "no.png"]) == 2
        assert "was painted from 'start.png', which is neither here nor beside it: give --set init=PATH" in capsys.readouterr().err
    assert main(["replay", "../work/fox.png", "--set", "init=../moved.png", "--out", "set.png", "-q"]) == 0
    with Image.open("set.png") as a, Image.open("again.png") as b:
        assert a.tobytes() == b.tobytes()
