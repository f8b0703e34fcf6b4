"""Pictures on disk: the recipe inside, whole or not at all, nothing overwritten."""

from __future__ import annotations

import errno
import io
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reverie import Dream
from reverie.errors import BadRequest, Failed
from reverie.files import check_target, check_writable, read_recipe, save_picture, write_file
from reverie.recipe import Recipe

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
RECIPE = Recipe(
    dream=Dream('夜の城 | "a \\| b":0.5 | 🍎:-0.25', size="40x30", options={"vqgan": {"rate": 0.1}}), edits=((3, {"steps": 3}),)
)


def picture(colour: str = "teal") -> Image.Image:
    return Image.new("RGB", (40, 30), colour)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_recipe_travels_inside(suffix: str, tmp_path: Path) -> None:
    path = save_picture(picture(), tmp_path / f"a{suffix}", RECIPE)
    assert path == tmp_path / f"a{suffix}"
    assert read_recipe(path) == RECIPE
    with Image.open(path) as image:
        assert image.size == (40, 30)
        assert image.format == {".png": "PNG", ".webp": "WEBP"}.get(suffix, "JPEG")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_picture_and_recipe_give_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    one, two = (save_picture(picture(), tmp_path / folder / f"a{suffix}", RECIPE).read_bytes() for folder in ("x", "y"))
    assert one == two


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_neither_folders_nor_what_came_with_a_picture_are_passed_on(suffix: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret"
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG", exif=exif, comment="secret")
    recipe = Recipe(dream=Dream("a fox", init="/home/secret/cat.png"))
    with Image.open(buffer) as image:
        path = save_picture(image, tmp_path / f"a{suffix}", recipe)
    assert b"secret" not in path.read_bytes()
    assert read_recipe(path).dream.init == "cat.png"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_without_recipe_says_so(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="There is no recipe in .*saved without one"):
        read_recipe(save_picture(picture(), tmp_path / f"a{suffix}", None))


def test_somebody_elses_comment_is_no_recipe(tmp_path: Path) -> None:
    for comment in (b"ASCII\0\0\0holiday", "holiday", b""):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9286] = comment
        picture().save(tmp_path / "a.jpg", exif=exif)
        with pytest.raises(BadRequest, match="There is no recipe"):
            read_recipe(tmp_path / "a.jpg")


def test_a_recipe_behind_the_pixels_is_found(tmp_path: Path) -> None:
    data = save_picture(picture(), tmp_path / "a.png", RECIPE).read_bytes()
    start = data.index(b"iTXt") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    (tmp_path / "b.png").write_bytes(data[:start] + data[end:-12] + data[start:end] + data[-12:])
    assert read_recipe(tmp_path / "b.png") == RECIPE


def test_a_recipe_in_a_picture_cut_short_is_found(tmp_path: Path) -> None:
    data = save_picture(Image.effect_noise((64, 64), 50), tmp_path / "a.png", RECIPE).read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) * 3 // 4])
    assert read_recipe(tmp_path / "a.png") == RECIPE


def test_no_picture_and_bad_recipes_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not a picture")
    data = save_picture(picture(), tmp_path / "b.png", RECIPE).read_bytes()
    broken = Image.Exif()
    broken.get_ifd(0x8769)[0x9286] = b'ASCII\0\0\0reverie {"schema": 9}'
    picture().save(tmp_path / "c.jpg", exif=broken)
    (tmp_path / "d.png").write_bytes(data[:60])
    for name, words in (
        ("a.png", "not a picture"),
        ("none.png", "There is no picture"),
        ("c.jpg", "c.jpg.*newer Reverie"),
        ("d.png", "d.png"),
    ):
        with pytest.raises(BadRequest, match=words):
            read_recipe(tmp_path / name)


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    paths = [save_picture(picture(colour), tmp_path / "a.png", None) for colour in ("red", "green", "blue")]
    assert [path.name for path in paths] == ["a.png", "a-2.png", "a-3.png"]
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    assert save_picture(picture("white"), tmp_path / "b.png", None).name == "b-2.png"
    with Image.open(tmp_path / "a.png") as first:
        assert first.getpixel((0, 0)) == (255, 0, 0)


def test_overwriting_is_asked_for(tmp_path: Path) -> None:
    for colour in ("red", "blue"):
        assert save_picture(picture(colour), tmp_path / "a.png", None, overwrite=True) == tmp_path / "a.png"
    assert len(list(tmp_path.iterdir())) == 1
    with Image.open(tmp_path / "a.png") as image:
        assert image.getpixel((0, 0)) == (0, 0, 255)


def test_an_unknown_suffix_names_those_that_exist(tmp_path: Path) -> None:
    for name in ("a.gif", "a", "a.png.txt"):
        with pytest.raises(BadRequest, match=r"There are: \.png, \.jpg, \.jpeg, \.webp"):
            save_picture(picture(), tmp_path / name, None)
    assert save_picture(picture(), tmp_path / "A.PNG", None).exists()


def test_files_have_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    assert save_picture(picture(), tmp_path / "a.png", None).stat().st_mode == (tmp_path / "any").stat().st_mode


def failing(code: int) -> Callable[..., Any]:
    def fail(*args: Any, **options: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("call", ["fsync", "link", "replace"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_leaves_what_was_there_and_nothing_else(
    call: str, overwrite: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = save_picture(picture(), tmp_path / "a.png", RECIPE).read_bytes()
    if call == "replace" and not overwrite:
        monkeypatch.setattr(os, "link", failing(errno.EPERM))  # a file system without hard links
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))
    if call == "link" and overwrite:
        save_picture(picture("red"), tmp_path / "a.png", RECIPE, overwrite=True)
    else:
        with pytest.raises(Failed, match=r"a\.png.*the disk is full; make room"):
            save_picture(picture("red"), tmp_path / "a.png", RECIPE, overwrite=overwrite)
        assert (tmp_path / "a.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_real_full_device_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open

    def full(path: Path, mode: str = "r", *rest: Any) -> Any:
        return opened("/dev/full", "wb") if mode == "xb" else opened(path, mode, *rest)

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(Failed, match="the disk is full"):
        write_file(tmp_path / "a.png", b"x" * 100_000)


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_picture(picture(), tmp_path / "a.png", None)
    assert not list(tmp_path.iterdir())


def test_without_hard_links_nothing_is_overwritten_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    paths = [save_picture(picture(), tmp_path / "a.png", RECIPE) for _ in range(3)]
    assert [path.name for path in paths] == ["a.png", "a-2.png", "a-3.png"]
    assert [read_recipe(path) for path in paths] == [RECIPE] * 3
    assert len(list(tmp_path.iterdir())) == 3


def _save_many(folder: Path, colour: str, start: Any) -> None:
    start.wait()
    for _ in range(20):
        save_picture(Image.new("RGB", (8, 8), colour), folder / "a fox.png", RECIPE)


def test_two_processes_never_take_each_others_name(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    workers = [context.Process(target=_save_many, args=(tmp_path, colour, start)) for colour in ("red", "blue")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    colours = []
    for path in tmp_path.iterdir():
        with Image.open(path) as image:
            colours.append(image.getpixel((0, 0)))
    assert (colours.count((255, 0, 0)), colours.count((0, 0, 255))) == (20, 20)


def test_a_folder_is_made_and_tried(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "folder")
    assert not list((tmp_path / "new" / "folder").iterdir())


@pytest.mark.parametrize("folder", ["file/below", "file", "/proc/reverie", "/proc/1"])
def test_a_folder_that_cannot_be_written_to(folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadRequest, match="cannot be written to: .*--out"):
        check_writable(tmp_path / folder)
    with pytest.raises(Failed, match="could not be written"):
        write_file(tmp_path / folder / "a.png", b"x")


def test_targets_are_checked_before_time_is_spent(tmp_path: Path) -> None:
    check_target(tmp_path / "new" / "a.png", RECIPE)
    (tmp_path / "a.png").touch()
    (tmp_path / "folder.png").mkdir()
    check_target(tmp_path / "a.png", RECIPE, overwrite=True)
    bad = {
        "a.png": "exists already",
        "a.gif": "names no format",
        "a.png/b.png": "cannot be written to",
        "x" * 300 + ".png": "name too long",
    }
    for name, words in bad.items():
        with pytest.raises(BadRequest, match=words):
            check_target(tmp_path / name, RECIPE)
    with pytest.raises(BadRequest, match="exists already"):
        check_target(tmp_path / "folder.png", RECIPE, overwrite=True)


def test_a_recipe_too_long_for_a_jpeg_is_refused_before_time_is_spent(tmp_path: Path) -> None:
    long = Recipe(dream=Dream("x" * 70_000))
    for name in ("a.jpg", "a.webp"):
        with pytest.raises(BadRequest, match="too long for a .*save as PNG"):
            check_target(tmp_path / name, long)
    check_target(tmp_path / "a.jpg", None)
    assert read_recipe(save_picture(picture(), tmp_path / "a.png", long)) == long
    with pytest.raises(BadRequest, match="too long for a PNG"):
        check_target(tmp_path / "a.png", Recipe(dream=Dream("x" * 1_000_000)))
