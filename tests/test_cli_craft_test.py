"""``reverie craft test``: pairs, figures and a sheet, by tiny real runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reverie.cli import main
from reverie.files import read_recipe
from reverie.prompts import show

TINY = ["--generator", "pixels", "--size", "16", "--steps", "1", "--views", "1", "--init", "random"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_pairs_of_every_subject_and_seed(capsys: Capture) -> None:
    command = ["craft", "test", "a fox", "an owl", "--with", "oil-painting,made of ice", "--seeds", "2", *TINY, "--out", "t.png"]
    assert main([*command, "-q"]) == 0
    out, err = capsys.readouterr()
    recipes = {path.stem: read_recipe(path).dream for path in Path("t").iterdir()}
    assert len(recipes) == 12 and show(recipes["an-owl-seed-1-oil-painting"].prompts) == "an owl, oil painting"
    assert {dream.seed for dream in recipes.values()} == {0, 1}
    assert "judge: subject" in out and "made of ice" in out and "4 pairs" in err
    kept = json.loads(Path("t.json").read_text())
    assert [one["words"] for one in kept["effects"]] == ["oil painting", "made of ice"] and Path("t.png").exists()
    figures = kept["effects"][0]["changes"]["judge"]["subject"]
    assert figures["n"] == 4 and figures["change"] == pytest.approx(figures["with"] - figures["without"], abs=1e-5)
    assert kept["effects"][1]["changes"]["judge"]["words"] is None or kept["effects"][1]["changes"]["guide"]["words"]
    assert main([*command, "--json"]) == 0  # nothing is painted again, and nothing is written twice
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in told] == ["effects"] and told[0]["effects"] == kept["effects"]
    assert not Path("t-2.png").exists() and not Path("t-2.json").exists()


def test_what_is_tried(capsys: Capture) -> None:
    assert main(["craft", "test", "a fox", "+4k", "--with", "fresco", "--with", "oil-paintin", "--seeds", "1", *TINY, "-q"]) == 0
    out, err = capsys.readouterr()
    assert "'oil-painting' is one" in err and "±" not in out
    (folder,) = Path("dreams").iterdir()
    assert show(read_recipe(folder / "seed-0-fresco.png").dream.prompts) == "a fox, 4k, fresco"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a fox"], "words to try"),
        (["--with", "4k"], "needs a subject"),
        (["a fox", "--with", "+oil-paintin"], "Did you mean 'oil-painting'"),
        (["fox.png", "--with", "4k"], "write what to paint"),
        (["a fox", "--with", "4k", "--all"], "leave --all out"),
    ],
)
def test_errors_teach(words: list[str], said: str, capsys: Capture) -> None:
    assert main(["craft", "test", *words, *TINY]) == 2
    assert said in capsys.readouterr().err and not Path("dreams").exists()
