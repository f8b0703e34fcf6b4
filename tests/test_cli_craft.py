"""``reverie craft``, and words with a plus and styles on the way into a picture's recipe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reverie.cli import main
from reverie.craft.library import modifiers
from reverie.files import read_recipe
from reverie.prompts import show

TINY = ["--generator", "pixels", "--size", "16", "--steps", "1", "--views", "1", "--init", "random"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def prompt(path: str) -> str:
    recipe = read_recipe(path)
    assert recipe is not None
    return show(recipe.dream.prompts)


def test_list(capsys: Capture) -> None:
    assert main(["craft", "list", "light"]) == 0
    out, err = capsys.readouterr()
    assert "golden-hour" in out and "oil-painting" not in out and "Where the light comes from" in err
    assert main(["craft", "list", "wave", "fuji", "--json"]) == 0
    (one,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (one["name"], one["years"], one["taught"]) == ("hokusai", "1760–1849", False)
    assert main(["craft", "list", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(modifiers())
    assert main(["craft", "list", "lihgt"]) == 0
    assert "There is no category 'lihgt'. Did you mean 'light'?" in capsys.readouterr().err


def test_styles(capsys: Capture) -> None:
    assert main(["craft", "styles"]) == 0
    out, err = capsys.readouterr()
    assert "old-master" in out and "mine.yaml" in err
    assert main(["craft", "styles", "--json"]) == 0
    assert all(json.loads(line)["about"] for line in capsys.readouterr().out.splitlines())


def test_the_recipe_holds_the_words_that_a_modifier_adds(capsys: Capture) -> None:
    assert main(["a castle | fog:-0.5", "+oil-painting", *TINY, "+golden-hour", "--out", "x.png"]) == 0
    assert prompt("x.png") == "a castle, oil painting, golden hour | fog:-0.5"
    assert "a castle, oil painting, golden hour  (weight 1)" in capsys.readouterr().err
    assert main(["replay", "x.png", "--out", "again.png", "-q"]) == 0
    assert Path("again.png").read_bytes() == Path("x.png").read_bytes()


def test_an_unknown_modifier_paints_nothing(capsys: Capture) -> None:
    assert main(["a castle", "+oil-paintin", *TINY]) == 2
    assert "Did you mean 'oil-painting'" in capsys.readouterr().err and not Path("dreams").exists()


def test_flags_win_over_the_style_and_the_style_over_the_preset() -> None:
    Path("mine.yaml").write_text('prompt: "a {prompt} of ice"\ndream: {steps: 2, saturation: 0.5}\n')
    words = ["fox", "--style", "mine.yaml", "+mosaic", "--preset", "vqgan-clip", *TINY, "--out", "x.png", "-q", "--cutouts", "warp"]
    assert main(words) == 0
    recipe = read_recipe("x.png")
    assert recipe is not None and prompt("x.png") == "a fox of ice, mosaic"
    assert (recipe.dream.steps, recipe.dream.saturation, recipe.dream.range) == (1, 0.5, 0)
