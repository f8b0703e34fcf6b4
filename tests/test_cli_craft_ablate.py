"""``reverie craft ablate``: figures and a sheet of a picture's phrases, by tiny real runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from reverie.cli import main
from reverie.files import read_recipe
from reverie.prompts import show

TINY = ["--generator", "pixels", "--size", "32x16", "--steps", "2", "--views", "1", "--init", "random"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["a fox, at night | fog:-0.5", *TINY, "--out", "x.png", "-q"]) == 0


def test_figures_and_a_sheet(capsys: Capture) -> None:
    assert main(["craft", "ablate", "x.png", "--looks", "50"]) == 0
    out, err = capsys.readouterr()
    assert out.split()[-2:] == ["x-phrases.png", "x-phrases.json"] and "at night" in out and "all that was asked for: judge" in err
    told = json.loads(Path("x-phrases.json").read_text())
    assert [one["phrase"] for one in told["phrases"]] == ["a fox", "at night", "fog"] and told["warmest"] > 0
    guide = told["phrases"][1]["guide"]
    assert guide["gain"] == pytest.approx(guide["whole"] - guide["without"], abs=2e-6)
    with Image.open("x-phrases.png") as page:
        assert page.width > 4 * 32


def test_painted_without_each(capsys: Capture) -> None:
    assert main(["craft", "ablate", "x.png", "--looks", "50", "--paint", "--json", "--phrase", "at night", "--phrase", "fog"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["event"] == "phrases" and all(one["repainted"]["moved"] > 0 for one in told["phrases"])
    left = {path.stem: read_recipe(path).dream for path in Path("x-phrases").iterdir()}
    assert {name: show(dream.prompts) for name, dream in left.items()} == {
        "without-at-night": "a fox | fog:-0.5", "without-fog": "a fox, at night",
    }  # fmt: skip
    assert all((dream.seed, dream.steps, dream.size) == (0, 2, (32, 16)) for dream in left.values())


def test_errors_teach(capsys: Capture) -> None:
    Image.new("RGB", (8, 8)).save("plain.png")
    for words, said in ((["plain.png"], "no recipe"), (["x.png", "--phrase", "owl"], "no part of"), (["gone.png"], "no picture")):
        assert main(["craft", "ablate", *words]) == 2
        assert said in capsys.readouterr().err
    assert main(["extend", "x.png", "--steps", "1", "--out", "more.png", "-q"]) == 0
    assert main(["craft", "ablate", "more.png", "--paint"]) == 2 and "gone on with" in capsys.readouterr().err
