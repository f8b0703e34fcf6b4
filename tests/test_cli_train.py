"""`reverie train`: its flags say their defaults, and a tiny training leaves weights that paint."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawings import icons

from reverie.cli import main
from reverie.train.commands import TRAINING
from reverie.train.settings import ClipPace


def test_help_says_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "clip", "--help"]) == 0
    told = capsys.readouterr().out
    assert f"[default: {ClipPace().steps}]" in told and "--radius" in told and "--minutes" in told


def test_train_and_paint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    icons().save(tmp_path / TRAINING)
    words = ["train", "clip", "--data", str(tmp_path), "--out", str(tmp_path / "clip"), "--steps", "1", "--batch", "2"]
    assert main([*words, "--warmup", "1", "--words", "2", "--radius", "0"]) == 0
    weights = capsys.readouterr().out.splitlines()[-1]
    assert weights == str(tmp_path / "clip" / "clip.safetensors")
    paint = ["paint", "an apple", "--generator", "pixels", "--size", "32", "--steps", "1", "--views", "2"]
    assert main([*paint, "-o", f"mini.weights={weights}", "--out", str(tmp_path / "apple.png"), "--quiet"]) == 0
    assert (tmp_path / "apple.png").exists()


@pytest.mark.parametrize("words", [["--steps", "0"], ["--steps", "many"], ["--rate", "-1"], ["--data", "/nowhere"], ["--stpes", "3"]])
def test_bad_requests_are_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "clip", *words]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error:") and words[1] in told or words[0] in told
