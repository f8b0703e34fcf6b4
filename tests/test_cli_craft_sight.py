"""``reverie daydream``, ``layers`` and ``read`` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from reverie.cli import main
from reverie.files import read_recipe

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.effect_noise((60, 40), 90).convert("RGB").save("photo.png")


def test_a_daydream_over_a_picture_and_from_its_recipe(capsys: Capture) -> None:
    assert main(["daydream", "photo.png", "--steps", "2", "--channel", "3", "--octaves", "2", "--out", "a.png", "-q"]) == 0
    with Image.open("a.png") as found:
        assert found.size == (60, 40)
    dream = read_recipe(Path("a.png")).dream
    assert not dream.prompts and [str(one) for one in dream.layers] == ["blocks.5#3"]
    assert main(["replay", "a.png", "--out", "b.png", "-q"]) == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert main(["daydream", "--size", "32", "--steps", "1", "--layer", "stem", "--out", "c.png", "-q"]) == 0
    assert main(["show", "c.png"]) == 0 and "stem" in capsys.readouterr().out


def test_what_cannot_be_dreamt_into_is_told(capsys: Capture) -> None:
    for words, told in (
        (["--layer", "blocks.99"], "reverie layers mini"),
        (["--perceptor", "clip"], "Into which layer?"),
        (["--init", "x.png"], "stand without a flag"),
        (["--channel", "100000"], "channels, counted from 0"),
        (["none.png"], "none.png"),
    ):
        assert main(["daydream", "--size", "32", "--steps", "1", *words]) != 0
        assert told in capsys.readouterr().err


def test_layers_are_listed(capsys: Capture) -> None:
    assert main(["layers", "--json"]) == 0
    there = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"layer": "blocks.5", "channels": 192, "places": [4, 4]} in there or any(one["layer"] == "blocks.5" for one in there)


def test_reading(capsys: Capture) -> None:
    assert main(["a red fox", "--size", "64", "--steps", "1", "--out", "fox.png", "-q"]) == 0
    capsys.readouterr()
    assert main(["read", "fox.png", "photo.png", "--top", "2"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2 and out.startswith("a") and "'a red fox'" in err and "thing" in err
    assert main(["read", "fox.png", "--json", "--top", "3"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["found"]["thing"]) == 3 and told["written"]["text"] == "a red fox" and told["prompt"] == out.splitlines()[0]
    assert main(["read"]) != 0 and "Which picture?" in capsys.readouterr().err
