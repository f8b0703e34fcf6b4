"""``reverie plot`` draws what the picture tells, and says where there is nothing to draw."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from reverie.cli import main
from reverie.files import read_curve, read_recipe


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


TINY = ["--generator", "pixels", "--size", "32", "--steps", "3", "--views", "2", "-q"]


@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
def test_a_picture_tells_how_it_came_to_be(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["a fox", *TINY, "--out", f"x.{kind}"]) == 0
    curve = read_curve(f"x.{kind}")
    assert curve.steps == (0, 1, 2, 3) and all(0 <= score <= 1 for score in curve.scores)
    assert read_recipe(f"x.{kind}").dream.steps == 3
    assert main(["plot", f"x.{kind}"]) == 0
    assert capsys.readouterr().out.split() == [f"x.{kind}", "x.plot.png"]
    with Image.open("x.plot.png") as plot:
        assert plot.width > 500


def test_what_cannot_be_plotted_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["a fox", *TINY, "--no-metadata", "--out", "x.png"])
    assert main(["plot", "x.png"]) == 2 and "no curve" in capsys.readouterr().err
    main(["a fox", *TINY, "--out", "y.png"])
    assert main(["plot", "y.png", "--out", "y.jpg"]) == 2 and "PNG" in capsys.readouterr().err
    assert not Path("y.jpg").exists()


def test_the_gallery_knows_the_score(capsys: pytest.CaptureFixture[str]) -> None:
    main(["a fox", *TINY, "--out", "x.png", "--judge", "none"])
    main(["a fox", *TINY, "--out", "y.png"])
    assert main(["log", "--score", "0"]) == 0
    told = capsys.readouterr().out
    assert "score" in told and "x.png" not in told.split("y.png", 2)[-1]
