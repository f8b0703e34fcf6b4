"""Pictures that belong together in a folder: what is painted already is found again by its recipe, and only the rest is painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.files import FORMATS, read_recipe, save_picture, write_file
from reverie.images import load_picture
from reverie.naming import numbered, readable_name
from reverie.recipe import Recipe

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Cell:
    """A dream and its place on disk; ``painted``: the picture is there, whole."""

    dream: Dream
    path: Path
    painted: bool


def cells(dreams: Sequence[Dream], names: Sequence[str], folder: Path, suffix: str, overwrite: bool = False) -> list[Cell]:
    """A place for each dream, named after it; equal dreams share one.

    A file that has another dream in it, or no recipe, keeps its name, unless ``overwrite``; one that was interrupted is painted over.
    """
    found: dict[str, Cell] = {}
    taken: set[Path] = set()
    for dream, name in zip(dreams, names, strict=True):
        key = dream.model_dump_json()
        if key not in found:
            paths = numbered(folder / f"{readable_name(name)}{suffix}")
            path, painted = next(
                (path, bool(held)) for path in paths if path not in taken and ((held := _held(path, dream)) is not None or overwrite)
            )
            found[key] = Cell(dream, path, painted)
            taken.add(path)
    return [found[dream.model_dump_json()] for dream in dreams]


def _held(path: Path, dream: Dream) -> bool | None:
    """Whether this dream's picture is there whole; None where something else is."""
    if not lexists(path):
        return False
    try:
        recipe = read_recipe(path)
    except BadRequest:
        return None
    return not recipe.edits if recipe.dream == Recipe(dream=dream).portable().dream else None


def sheet_and_folder(out: Path, name: str, sheet: str) -> tuple[Path, Path]:
    """Where the sheet goes, and the folder of its pictures: both in ``out/name``, or ``out`` is the sheet's own file."""
    if FORMATS.get(out.suffix.lower()) and not out.is_dir():
        return out, out.with_suffix("")
    folder = out / readable_name(name)
    return folder / f"{sheet}.png", folder


def save_sheet(image: Image, path: Path, overwrite: bool = False) -> Path:
    """Write a sheet, under another name where another picture has this one; returns where it is."""
    if not overwrite and path.is_file():
        try:
            there = load_picture(path)
            if there.size == image.size and there.tobytes() == image.tobytes():
                return path
        except BadRequest:
            pass  # no picture, and to be left alone
    return save_picture(image, path, None, overwrite=overwrite)


def save_beside(sheet: Path, text: str) -> Path:
    """Write the JSON of a sheet beside it, under another name where other figures have this one; returns where it is."""
    path, data = sheet.with_suffix(".json"), (text + "\n").encode()
    return path if path.is_file() and path.read_bytes() == data else write_file(path, data)
