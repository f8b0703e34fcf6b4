"""A whole painting on a disk that fails: at every single operation, once or from then on. Nothing half-written, nothing lost."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny
from faults import CODES, failing
from PIL import Image, ImageSequence

from reverie import runs
from reverie.cli.app import run
from reverie.files import read_recipe

# Of the operations each so many-th fails in turn: 1 tries every one, as make nightly does (a minute).
STRIDE = int(os.environ.get("REVERIE_FAULT_STRIDE", "7"))

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def words(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A tiny dream with all that is ever written: picture, stills, frames, video, a checkpoint at every step, gallery."""
    monkeypatch.setattr(runs, "LEAST", 0.0)
    monkeypatch.setattr(runs, "SHARE", 0)
    weights = f"mini.weights={networks['mini']['weights']}"
    dream = ["paint", "a red fox", "--generator", "pixels", "--size", "16", "--steps", "2", "--views", "2", "--init", "random"]
    film = ["--video", "gif", "--seconds", "0.1", "--hold", "0", "--every", "1"]
    return [*dream, *film, "--judge", "none", "-o", weights, "--device", "cpu", "--quiet"]


def place(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of its own for pictures, home and temporary files; gives the picture's path."""
    for name in ("home", "tmp"):
        (root / name).mkdir(parents=True)
    monkeypatch.setenv("REVERIE_HOME", str(root / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(root / "tmp"))
    return root / "out" / "fox.png"


def files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())


def check_whole(root: Path) -> None:
    """Whatever has a final name is whole."""
    assert not [path for path in files(root) if path.suffix == ".part"]
    for path in files(root):
        if path.suffix in (".png", ".gif"):
            with Image.open(path) as image:
                assert [frame.load() for frame in ImageSequence.Iterator(image)]
        elif path.suffix == ".json":
            json.loads(path.read_text())
    for folder in (root / "home" / "runs").glob("*/state.safetensors"):
        assert runs.taken(folder.parent) > 0


@pytest.mark.parametrize("lasting", [False, True])
def test_wherever_the_disk_fails(words: list[str], lasting: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    target = place(tmp_path / "whole", monkeypatch)
    assert run([*words, "--out", str(target)]) == 0
    whole, number = target.read_bytes(), (STRIDE // 2 if lasting else 0) - STRIDE
    capsys.readouterr()
    while True:
        number += STRIDE
        root = tmp_path / str(number)
        target = place(root, monkeypatch)
        with failing(root, number, CODES[number % len(CODES)], lasting) as disk:
            code = run([*words, "--out", str(target)])
        out, told = capsys.readouterr()
        if not disk.failed:
            break
        what = f"operation {number} ({disk.done[number]}), exit code {code}: {told}"
        assert "defect" not in told and "Traceback" not in told, what
        assert code in (0, 1, 2) and (told or code == 0), what
        check_whole(root)
        somewhere = [target, *(Path(found) for found in re.findall(r"picture is in '([^']+)'", told))]
        if code == 0 or not lasting:
            assert code == 2 or any(path.exists() for path in somewhere), what
        assert all(path.read_bytes() == whole for path in somewhere if path.exists()), what
        check_goes_on(root, target, words, whole, what)
        capsys.readouterr()
    assert number > 30, "so many things are done to a disk"


def check_goes_on(root: Path, target: Path, words: list[str], whole: bytes, what: str) -> None:
    """Once the disk is sound again, an interrupted run goes on, or the same is painted anew."""
    was = target.exists()
    again = ["resume", "--quiet"] if runs.interrupted() else [*words, "--out", str(target), "--overwrite"]
    assert run(again) == 0, what
    assert any(path.read_bytes() == whole for path in target.parent.glob("fox*.png")) and (was or target.exists()), what
    check_whole(root)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of a few kilobytes."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_real_disk_that_fills_up(
    words: list[str], small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    place(tmp_path, monkeypatch)
    (small_disk / "filling").write_bytes(b"x" * 60_000)
    assert run([*words, "--out", str(small_disk / "fox.png")]) == 1
    told = capsys.readouterr().err
    assert "the disk is full; make room" in told
    (rescued,) = (Path(found) for found in re.findall(r"picture is in '([^']+)'", told))
    assert read_recipe(rescued).dream.prompts[0].text == "a red fox"
    check_whole(small_disk)
    check_whole(tmp_path / "tmp")


def test_a_real_disk_that_is_read_only(words: list[str], small_disk: Path, capsys: Capture) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert run([*words, "--out", str(small_disk / "fox.png")]) == 2
    assert re.search(r"cannot be written to: read-only file system\. Choose another with --out", capsys.readouterr().err)


def test_a_home_that_is_read_only_costs_no_picture(
    words: list[str], small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    target = place(tmp_path, monkeypatch)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    monkeypatch.setenv("REVERIE_HOME", str(small_disk))
    assert run([*words, "--out", str(target)]) == 0 and target.exists()
    told = capsys.readouterr().err
    assert "cannot be kept" in told and "not recorded in the gallery" in told


def test_two_runs_into_one_file_at_once(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Both pictures are kept, and each video is made of its own pictures or not at all."""
    target = place(tmp_path, monkeypatch)
    linked = os.link
    began = False

    def later(source: str, name: str) -> None:
        nonlocal began
        if not began and str(name).endswith("fox.png"):  # the other one is done in the middle of this one
            began = True
            assert run([*words, "--out", str(target), "--seed", "1"]) == 0
        linked(source, name)

    monkeypatch.setattr(os, "link", later)
    run([*words, "--out", str(target)])
    told = capsys.readouterr()
    assert {read_recipe(path).dream.seed for path in target.parent.glob("fox*.png") if path.stem in ("fox", "fox-2")} == {0, 1}, told
    check_whole(tmp_path)
