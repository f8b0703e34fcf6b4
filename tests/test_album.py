"""Where pictures go: a folder painted over keeps its names, in order, and nothing of it is lost or replaced."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reverie import studio
from reverie.album import Album, pictures_in
from reverie.cli import main
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.files import read_recipe
from reverie.video import read_recipe as recipe_of_video

Capture = pytest.CaptureFixture[str]
TINY = ["--generator", "pixels", "--size", "32x24", "--views", "2", "--steps", "2", "-q"]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for shade, name in enumerate(("b.png", "c.JPG", "a.webp")):
        Image.new("RGB", (40, 30), (80 * shade, 90, 200)).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    (folder / "d.png").mkdir()
    monkeypatch.chdir(tmp_path)
    return folder


def test_pictures_come_by_name(source: Path) -> None:
    assert [path.name for path in pictures_in(source)] == ["a.webp", "b.png", "c.JPG"]
    for nothing in (source / "d.png", source / "e", source / "notes.txt"):
        with pytest.raises(BadRequest, match="no (folder|pictures)"):
            pictures_in(nothing)


def test_a_folder_is_painted_over(source: Path, capsys: Capture) -> None:
    before = {path: path.read_bytes() for path in pictures_in(source)}
    assert main(["paint", "a fox", *TINY, "--over", "in", "--out", "out", "--video", "gif"]) == 0
    assert capsys.readouterr().out.split() == ["out/a.webp", "out/b.png", "out/c.JPG", "out.gif"]
    assert {path: path.read_bytes() for path in before} == before
    assert {read_recipe(path).dream.seed for path in pictures_in(Path("out"))} == {0}
    with Image.open("out.gif") as video:
        assert getattr(video, "n_frames", 1) == 3
    assert recipe_of_video(Path("out.gif")).dream.prompts[0].text == "a fox"
    assert main(["paint", "a fox", *TINY, "--init", "in/b.png", "--out", "alone.png"]) == 0
    with Image.open("alone.png") as alone, Image.open("out/b.png") as among:
        different = max(abs(a - b) for a, b in zip(alone.tobytes(), among.tobytes(), strict=True))
    assert different <= 1


def test_it_is_painted_few_at_a_time(source: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(studio, "FEW", 2)
    sizes: list[int] = []
    batches = studio._batches

    def counted(dreams: Sequence[Dream], most: int) -> list[list[int]]:
        sizes.extend(map(len, batches(dreams, most)))
        return batches(dreams, most)

    monkeypatch.setattr(studio, "_batches", counted)
    assert main(["paint", "a fox", *TINY, "--over", "in", "--out", "out"]) == 0
    assert sizes == [2, 1] and len(pictures_in(Path("out"))) == 3


def test_what_was_interrupted_goes_on_and_has_its_video(source: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(studio, "FEW", 1)
    save = Album.save

    def power_cut(album: Album, frame: Any) -> Any:
        if frame.index == 1:
            raise RuntimeError("a power cut")
        return save(album, frame)

    monkeypatch.setattr(Album, "save", power_cut)
    words = ["paint", "a fox", *TINY, "--over", "in", "--out", "out", "--video", "gif"]
    assert main(words) == 1
    assert [path.name for path in pictures_in(Path("out"))] == ["a.webp"]
    monkeypatch.setattr(Album, "save", save)
    stamp = Path("out/a.webp").stat().st_mtime_ns
    capsys.readouterr()
    assert main(["resume", "-q"]) == 0
    assert [Path(line).name for line in capsys.readouterr().out.split()] == ["b.png", "c.JPG", "out.gif"]
    assert Path("out/a.webp").stat().st_mtime_ns == stamp and Path("out.gif").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "in"], "another folder"),
        (["--out", "one.png"], "give --out a folder"),
        (["--out", "there"], "exists already"),
        (["--out", "out", "--batch", "2"], "--batch"),
        (["--out", "out", "--init", "sketch"], "--init"),
        (["--out", "out", "--format", "png"], "--format"),
        (["--out", "out", "--transparent"], "JPEG"),
    ],
)
def test_what_cannot_be_painted_over(source: Path, words: list[str], said: str, capsys: Capture) -> None:
    Path("there").mkdir()
    Image.new("RGB", (9, 9)).save("there/b.png")
    assert main(["paint", "a fox", *TINY, "--over", "in", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_painting_is_not_taken_for_what_it_was_painted_over(source: Path, capsys: Capture) -> None:
    assert main(["paint", "a fox", *TINY, "--over", "in", "--out", "out"]) == 0
    assert main(["replay", "out/b.png", "--out", "again.png", "-q"]) == 2
    assert "--set init=PATH" in capsys.readouterr().err
    assert main(["replay", "out/b.png", "--out", "again.png", "--set", "init=in/b.png", "-q"]) == 0


def test_a_dream_of_its_own_for_each(source: Path) -> None:
    dreams = [Dream("a fox", generator="pixels", init=str(path)) for path in pictures_in(source)]
    album = Album.over(Path("out"), pictures_in(source), dreams)
    assert album.row and [path.name for path in album.paths] == ["a.webp", "b.png", "c.JPG"]
