"""`reverie train`: its flags say their defaults, and a tiny training leaves weights that paint."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawings import icons
from PIL import Image

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
    assert main([*words, "--warmup", "1", "--words", "2", "--no-robust"]) == 0
    weights = capsys.readouterr().out.splitlines()[-1]
    assert weights == str(tmp_path / "clip" / "clip.safetensors")
    paint = ["paint", "an apple", "--generator", "pixels", "--size", "32", "--steps", "1", "--views", "2"]
    assert main([*paint, "-o", f"mini.weights={weights}", "--out", str(tmp_path / "apple.png"), "--quiet"]) == 0
    assert (tmp_path / "apple.png").exists()


@pytest.mark.parametrize("kind", ["biggan", "progan"])
def test_a_gan_of_ones_own_pictures(tmp_path: Path, kind: str) -> None:
    """Six pictures of two kinds; ProGAN's have no captions. What comes out paints, and is gone on from."""
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    for number in range(6):
        Image.new("RGB", (70, 64), (40 * number, 99, 9)).save(data / f"{number}.png")
        if kind == "biggan":
            (data / f"{number}.txt").write_text(("an apple", "a fox")[number % 2])
    words = ["train", kind, "--data", str(data), "--steps", "2", "--batch", "4", "--warmup", "1"]
    assert main([*words, "--out", str(out)]) == 0
    assert main([*words, "--out", str(tmp_path / "more"), "--from", str(out / f"{kind}.safetensors")]) == 0
    paint = ["paint", "an apple", "--generator", str(out), "--size", "96x64", "--steps", "2", "--views", "2", "--quiet"]
    assert main([*paint, "--out", str(tmp_path / "apple.jpg")]) == 0
    with Image.open(tmp_path / "apple.jpg") as painted:
        assert painted.size == (96, 64)


@pytest.mark.parametrize(
    "words",
    [["--steps", "0"], ["--steps", "many"], ["--rate", "-1"], ["--data", "/nowhere"], ["--stpes", "3"], ["--radius", "0", "--robust"]],
)
def test_bad_requests_are_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "clip", *words]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error:") and words[1] in told or words[0] in told
