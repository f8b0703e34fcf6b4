"""``reverie craft direction``, and its vector, templates, lists and notes on the way into a picture's recipe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open

from reverie.cli import main
from reverie.files import read_recipe

TINY = ["--generator", "pixels", "--size", "16", "--steps", "1", "--views", "1", "--init", "random"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_direction_is_made_used_and_replayed_without_its_file(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "summer.txt").write_text("a sunny day\nthe sun\n")
    make = ["craft", "direction", "--more", "summer.txt", "--less", "in the snow | ice", "--out", "summer.safetensors"]
    assert main([*make, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["more"] == ["a sunny day", "the sun"] and told["numbers"] == 256 and not told["mixed"]
    assert told["leaning"]["more"][1] > 0 > told["leaning"]["less"][2]
    with safe_open("summer.safetensors", framework="np") as file:
        assert json.loads(file.metadata()["less"]) == ["in the snow", "ice"] and file.metadata()["perceptor"] == '"mini"'
    assert main([*make]) == 2 and "exists" in capsys.readouterr().err
    assert main([*make, "--overwrite"]) == 0
    err = capsys.readouterr().err
    assert "more: +" in err and "less: -" in err
    for name, more in (("vector", "summer.safetensors"), ("texts", "summer.txt"), ("none", "")):
        push = ["--more", more, "--less", "in the snow | ice"] if name == "texts" else ["--more", more] if more else []
        assert main(["a castle", *push, "--out", f"{name}.png", *TINY]) == 0
    assert Path("vector.png").read_bytes() != Path("none.png").read_bytes()
    Path("summer.safetensors").unlink()
    Path("summer.txt").unlink()
    for name in ("vector", "texts"):
        assert main(["replay", f"{name}.png", "--out", f"{name}-again.png"]) == 0
        assert Path(f"{name}.png").read_bytes() == Path(f"{name}-again.png").read_bytes()
    assert main(["show", "vector.png"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 500


def test_directions_that_cannot_be(capsys: Capture) -> None:
    assert main(["craft", "direction"]) == 2 and "leads to something" in capsys.readouterr().err
    assert main(["craft", "direction", "--more", "a", "--out", "x.npy"]) == 2 and ".safetensors file" in capsys.readouterr().err
    assert main(["craft", "direction", "--more", "a", "--perceptor", "nobody"]) == 2
    assert main(["a.png", "--more", "a", "--out", "x.png", *TINY]) == 2 and "--more and --less push a text" in capsys.readouterr().err


def test_a_side_that_is_mixed_is_told(capsys: Capture) -> None:
    assert main(["craft", "direction", "--more", "a fox | snow", "--less", "a fox | a dog", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mixed"]


def test_templates_by_name_are_recorded_as_what_they_are() -> None:
    assert main(["a castle", "--templates", "pictures", "--out", "a.png", *TINY]) == 0
    recipe = read_recipe("a.png")
    assert recipe is not None and "a painting of {}" in recipe.dream.templates
    assert main(["replay", "a.png", "--set", "templates=clip-7", "--out", "b.png"]) == 0
    again = read_recipe("b.png")
    assert again is not None and len(again.dream.templates) == 7


def test_notes_are_told_and_change_nothing(capsys: Capture) -> None:
    assert main(["a pyrmaid", "--out", "a.png", *TINY]) == 0
    assert "note: 'pyrmaid': did you mean 'pyramid'?" in capsys.readouterr().err
    recipe = read_recipe("a.png")
    assert recipe is not None and recipe.dream.prompts[0].text == "a pyrmaid"
    assert main(["a pyrmaid", "--out", "b.png", "--json", *TINY]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in told[:3]] == ["parsed", "note", "start"]
    assert told[1] == {
        "event": "note", "kind": "spelling", "message": "'pyrmaid': did you mean 'pyramid'?", "text": "a pyrmaid", "word": "pyrmaid",
        "close": "pyramid",
    }  # fmt: skip
    assert main(["a pyrmaid", "--out", "c.png", "--quiet", *TINY]) == 0
    assert "note" not in capsys.readouterr().err
    assert main(["ein roter Fuchs im Schnee", "--out", "d.png", *TINY]) == 0
    assert "looks like German, and mini was taught English" in capsys.readouterr().err
