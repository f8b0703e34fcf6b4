"""The journey: every step on disk before anything is encoded, spaced by what changes, and encoded again after a failure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image

from reverie.camera import Camera
from reverie.cli import main
from reverie.errors import BadRequest, Failed
from reverie.images import load_picture
from reverie.observers import journey
from reverie.observers.journey import Film, Journey, encode, frames_of, spaced, travelled
from reverie.video import FPS, read_recipe

TINY = ["--generator", "pixels", "--size", "32x24", "--views", "2", "--steps", "5", "--init", "random", "-q"]


def frames(folder: Path, *shades: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for number, shade in enumerate(shades):
        Image.new("RGB", (16, 16), (shade, shade, shade)).save(folder / f"{number:06}.png")
    return sorted(folder.glob("*.png"))


def shades(paths: list[Path], film: Film) -> list[int]:
    return [picture.getpixel((3, 3))[0] for picture in spaced(paths, film)]  # type: ignore[index]


def test_nothing_jumps_however_unevenly_it_was_painted(tmp_path: Path) -> None:
    """Nearly all of the change is in one step; in the video it takes most of the time."""
    shown = shades(frames(tmp_path, 10, 11, 12, 212, 213, 214), Film(seconds=2, hold=0))
    assert len(shown) == 2 * FPS and shown[-1] == 214
    assert max(abs(a - b) for a, b in zip(shown, shown[1:], strict=False)) < 10


def test_the_end_is_held_and_the_start_is_blank(tmp_path: Path) -> None:
    paths = frames(tmp_path, 0, 100)
    half = Image.new("RGB", (16, 16), (200, 0, 0))
    half.paste((0, 0, 0), (0, 0, 8, 16))
    half.save(paths[0])
    pictures = list(spaced(paths, Film(seconds=1, hold=0.4)))
    assert len(pictures) == FPS + round(0.4 * FPS)
    assert pictures[0].getpixel((0, 0)) == pictures[0].getpixel((15, 15)) == (100, 0, 0), "the first picture's mean"
    assert {picture.getpixel((3, 3)) for picture in pictures[-10:]} == {(100, 100, 100)}


@pytest.mark.parametrize("shown", [(50,), (50, 50, 50)])
def test_what_never_changes_is_shown_all_the_same(tmp_path: Path, shown: tuple[int, ...]) -> None:
    assert set(shades(frames(tmp_path, *shown), Film(seconds=0.5, hold=0))) == {50}


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp", "avif"])
def test_a_painting_and_its_video(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fox.png"
    assert main(["paint", "a fox", *TINY, "--out", str(out), "--video", kind, "--seconds", "0.4", "--hold", "0.2"]) == 0
    picture, video = (Path(line) for line in capsys.readouterr().out.split())
    assert picture == out and video == tmp_path / f"fox.{kind}" and video.stat().st_size > 200
    assert not frames_of(out).exists()
    assert read_recipe(video).dream.prompts[0].text == "a fox"


def test_an_encode_that_failed_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "fox.png"

    def broken(*given: object, **more: object) -> Path:
        raise Failed("the disk is full.")

    monkeypatch.setattr(journey, "save_video", broken)
    assert main(["paint", "a fox", *TINY, "--out", str(out), "--video", "gif", "--seconds", "0.4"]) == 0
    told = capsys.readouterr()
    assert told.out.split() == [str(out)] and f"The frames are safe: reverie encode {frames_of(out)}" in told.err
    assert len(list(frames_of(out).glob("[0-9]*.png"))) == 6
    monkeypatch.undo()
    assert main(["encode", str(frames_of(out))]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "fox.gif")


def test_another_video_of_the_same_frames(tmp_path: Path) -> None:
    folder = tmp_path / "x.frames"
    frames(folder, 0, 200)
    (folder / "journey.json").write_text('{"kind": "mp4", "seconds": 9, "hold": 9, "recipe": null}')
    path = encode(folder, Film("webp", 0.2, 0))
    with Image.open(path) as made:
        assert path.suffix == ".webp" and made.size == (16, 16) and getattr(made, "n_frames", 0) == 5


def test_a_folder_that_holds_no_journey(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="holds no journey"):
        encode(tmp_path)
    (tmp_path / "journey.json").write_text('{"kind": "mp4", "seconds": 1, "hold": 0, "recipe": null}')
    with pytest.raises(BadRequest, match="no pictures"):
        encode(tmp_path)
    (tmp_path / "journey.json").write_text('{"kind": "mpeg", "seconds": 1, "hold": 0, "recipe": null}')
    with pytest.raises(BadRequest, match="as mpeg"):
        encode(tmp_path)


def test_long_paintings_are_thinned_out() -> None:
    seen = Journey(Film(), (), lambda frame: None)
    assert sum(seen.wants(step, 6000) for step in range(6000)) == 600
    assert all(seen.wants(step, 30) for step in range(30))


def test_the_last_frame_is_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Image.Image] = []

    def keep(pictures: Iterable[Image.Image], path: Path, recipe: object) -> Path:
        kept.extend(pictures)
        return path

    monkeypatch.setattr(journey, "save_video", keep)
    out = tmp_path / "fox.png"
    assert main(["paint", "a fox", *TINY, "--out", str(out), "--video", "mp4", "--seconds", "0.4"]) == 0
    assert kept[-1].tobytes() == load_picture(out).tobytes()


def test_a_video_can_be_shown_and_painted_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fox.png"
    assert main(["paint", "a fox", *TINY, "--out", str(out), "--video", "mp4", "--seconds", "0.4", "--hold", "0"]) == 0
    assert main(["show", str(tmp_path / "fox.mp4")]) == 0 and "a fox" in capsys.readouterr().out
    assert main(["replay", str(tmp_path / "fox.mp4"), "--out", str(tmp_path / "again.png"), "-q"]) == 0
    assert load_picture(tmp_path / "again.png").tobytes() == load_picture(out).tobytes()


def test_a_camera_is_followed_at_an_even_pace(tmp_path: Path) -> None:
    paths = frames(tmp_path, 0, 0, 0, 0, 0, 0, 0, 90, 180)
    for path in paths:  # 0, 2, 4 ... steps
        path.rename(path.with_name(f"{int(path.stem) * 2:06}.png_"))
    paths = sorted(path.rename(path.with_suffix(".png")) for path in tmp_path.glob("*.png_"))
    camera = Camera(zoom=1.5, shift=(4, 0), every=2, start=0)
    shown = [picture.getpixel((3, 3))[0] for picture in travelled(paths, Film(seconds=1, hold=0.2), camera)]  # type: ignore[index]
    assert len(shown) == FPS + 5 and set(shown[:18]) == {0} and shown[-6:] == [180] * 6
    assert shown[22] == pytest.approx(90 + 90 / 3, abs=25) and sorted(shown) == shown


def test_a_painting_that_zooms_and_its_video(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out, moves = tmp_path / "fox.png", ["--zoom", "1.1", "--shift", "-2,0", "--zoom-every", "2"]

    def broken(*given: object, **more: object) -> Path:
        raise Failed("the disk is full.")

    monkeypatch.setattr(journey, "save_video", broken)
    assert main(["paint", "a fox", *TINY, *moves, "--out", str(out), "--video", "gif", "--seconds", "0.4", "--hold", "0"]) == 0
    assert sorted(path.name for path in frames_of(out).glob("[0-9]*")) == [f"{step:06}.png" for step in (0, 2, 4, 5)]
    monkeypatch.undo()
    capsys.readouterr()
    assert main(["encode", str(frames_of(out))]) == 0
    video = Path(capsys.readouterr().out.strip())
    with Image.open(video) as opened:
        assert getattr(opened, "n_frames", 1) > 5
    assert read_recipe(video).dream.shift == (-2, 0)
    assert main(["replay", str(out), "--out", str(tmp_path / "again.png"), "-q"]) == 0
    assert out.read_bytes() == (tmp_path / "again.png").read_bytes()
