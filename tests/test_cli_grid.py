"""``reverie grid``: every picture with its recipe, a sheet, and nothing painted twice."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from reverie.cli import main
from reverie.files import read_recipe
from reverie.prompts import show

TINY = ["--generator", "pixels", "--size", "16", "--steps", "1", "--views", "1", "--init", "random"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_grid_of_words_and_seeds(capsys: Capture) -> None:
    command = ["grid", "a {x} fox", "+4k", "--x", "red,blue", "--y", "seed=1,2", *TINY, "--out", "sheet.png"]
    assert main(command) == 0
    *cells, sheet = capsys.readouterr().out.split()
    assert cells == [f"sheet/seed-{seed}-{colour}.png" for seed in (1, 2) for colour in ("red", "blue")] and sheet == "sheet.png"
    dreams = [read_recipe(cell).dream for cell in cells]
    assert [(show(dream.prompts), dream.seed) for dream in dreams] == [
        (f"a {colour} fox, 4k", seed) for seed in (1, 2) for colour in ("red", "blue")
    ]
    with Image.open(sheet) as page:
        assert page.width > 32 and page.height > 32
    assert main(["a red fox", "+4k", "--seed", "2", *TINY, "--out", "alone.png", "-q"]) == 0
    assert Image.open("alone.png").tobytes() == Image.open("sheet/seed-2-red.png").tobytes()  # as it is painted alone


def test_what_is_there_is_not_painted_again(capsys: Capture) -> None:
    command = ["grid", "a fox", "--x", "steps=0,1,2", *TINY, "--out", "sheet.png", "-q"]
    assert main(command) == 0
    kept = {path: path.stat().st_mtime_ns for path in Path("sheet").iterdir()}
    os.remove("sheet/steps-1.png")
    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr().out.split() == ["sheet/steps-1.png", "sheet.png"]
    again = {path: path.stat().st_mtime_ns for path in Path("sheet").iterdir()}
    assert set(again) == set(kept) and sum(again[path] != kept[path] for path in kept) == 1
    # An unfinished picture is painted over, another dream's is left alone.
    assert main(["a fox", *TINY[:4], "--steps", "3", *TINY[6:], "--out", "other.png", "-q"]) == 0
    os.replace("other.png", "sheet/steps-0.png")
    assert main(command) == 0
    assert Path("sheet/steps-0-2.png").exists() and read_recipe("sheet/steps-0.png").dream.steps == 3


def test_optimisers_by_rates(capsys: Capture) -> None:
    """VQGAN-CLIP's opt_tester.sh."""
    command = ["grid", "a fox", "--x", "rate=0.01,0.1,1", "--y", "optimiser=adam,adagrad,diffgrad", *TINY, "--out", "sheet.png", "-q"]
    assert main(command) == 0
    *cells, sheet = capsys.readouterr().out.split()
    dreams = [read_recipe(cell).dream for cell in cells]
    assert sheet == "sheet.png" and Path(sheet).exists()
    assert [(dream.optimiser, dream.rate) for dream in dreams] == [(o, r) for o in ("adam", "adagrad", "diffgrad") for r in (0.01, 0.1, 1)]


def test_options_modifiers_and_json(capsys: Capture) -> None:
    assert main(["grid", "a fox", "--x", "cutouts.noise=0,0.1", "--y", ",+fresco", *TINY, "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[-1]["event"] == "grid" and Path(told[-1]["path"]).name == "grid.png"
    rows = [[read_recipe(cell).dream for cell in row] for row in told[-1]["pictures"]]
    assert [[dream.options["cutouts"]["noise"] for dream in row] for row in rows] == [[0, 0.1]] * 2
    assert [show(row[0].prompts) for row in rows] == ["a fox", "a fox, fresco"]


def test_two_places_of_one_dream_share_its_picture(capsys: Capture) -> None:
    assert main(["grid", "a {x} fox", "--x", "red,  red ,blue", "--y", "tv=0,0.0", *TINY, "-q", "--out", "g.png"]) == 0
    assert len(capsys.readouterr().out.split()) == 3


def test_what_cannot_be_painted_paints_nothing(capsys: Capture) -> None:
    for words, said in ((["a fox", "--x", "steps=ten"], "a whole number"), (["a fox", "--x", "seed=1", "--all"], "leave --all out")):
        assert main(["grid", *words, *TINY]) == 2
        assert said in capsys.readouterr().err and not Path("dreams").exists()
