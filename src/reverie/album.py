"""Where the pictures of some dreams go, and how each comes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from mimetypes import guess_type
from os.path import lexists
from pathlib import Path
from tempfile import gettempdir

from reverie.dream import Dream
from reverie.errors import BadRequest, Failed, ReverieError
from reverie.files import FORMATS, check_target, save_picture
from reverie.naming import name_of, numbered
from reverie.observers.journey import frames_of
from reverie.recipe import Recipe
from reverie.types import Frame


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder by name; raises ``BadRequest`` where there is none."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in FORMATS and path.is_file())
    except OSError as error:
        raise BadRequest(f"There is no folder {str(folder)!r} of pictures to paint over: {error.strerror or error}.") from None
    if not found:
        raise BadRequest(f"There are no pictures in {str(folder)!r}: {', '.join(FORMATS)} are painted over.")
    return found


@dataclass(frozen=True)
class Saved:
    """A picture on disk and the frame that it shows; ``trouble`` says why it is not where it was asked for."""

    frame: Frame
    path: Path
    trouble: str = ""


@dataclass(frozen=True)
class Album:
    """Where the pictures of some dreams go, one path each, and whether with their recipes and over what is there."""

    paths: tuple[Path, ...]
    recipes: bool = True
    overwrite: bool = False
    before: Recipe | None = None  # of what is gone on with
    whole: bool = False  # show what is painted of that, too
    row: bool = False  # the pictures follow one another, and what is made a video of is they
    together: int = 0  # so many at most are painted together, each of which is then safe; 0 all

    @classmethod
    def at(cls, out: Path, dreams: Sequence[Dream], kind: str | None = None, recipes: bool = True, overwrite: bool = False) -> Album:
        """An album in the folder ``out``, under readable names, or in the file ``out`` when that names a picture.

        ``kind`` (png, jpg, webp) is the format in a folder. Several pictures in a file are name.png, name-2.png and so on. Makes
        the folder, and raises ``BadRequest`` when something could not be written or is there already.
        """
        to_file = (guess_type(out.name)[0] or "").startswith("image/") and not out.is_dir()
        if to_file and kind and FORMATS.get(out.suffix.lower()) != FORMATS[f".{kind}"]:
            raise BadRequest(f"{str(out)!r} is not a {kind}: leave --format out, or give a folder.")
        paths = tuple(islice(numbered(out), len(dreams))) if to_file else _free(out, dreams, f".{kind or 'png'}")
        made = cls(paths, recipes, overwrite and to_file)
        return made.checked(dreams)

    @classmethod
    def over(cls, out: Path, files: Sequence[Path], dreams: Sequence[Dream], recipes: bool = True, overwrite: bool = False) -> Album:
        """An album in the folder ``out`` of what is painted over ``files``, under their names; raises as ``at`` does."""
        if FORMATS.get(out.suffix.lower()) and not out.is_dir():
            raise BadRequest(f"{str(out)!r} is one picture, and {len(files)} are painted over: give --out a folder.")
        if any(file.resolve().parent == out.resolve() for file in files):
            raise BadRequest(f"{str(out)!r} is where the pictures are that are painted over: give --out another folder.")
        return cls(tuple(out / file.name for file in files), recipes, overwrite, row=True).checked(dreams)

    def checked(self, dreams: Sequence[Dream]) -> Album:
        """The album; raises ``BadRequest`` when a picture could not be written where it is to go. Makes the folders."""
        for path, dream in zip(self.paths, dreams, strict=True):
            if dream.transparent and FORMATS[path.suffix.lower()] == "JPEG":
                raise BadRequest(f"{path.name!r} cannot be transparent: a JPEG has no opacity. Save as png or webp.")
            check_target(path, Recipe(dream=dream) if self.recipes else None, overwrite=self.overwrite)
        return self

    def recipe(self, frame: Frame) -> Recipe | None:
        """How the picture in a frame came to be; one from before the end says at which step it was."""
        if not self.recipes:
            return None
        if self.before and frame.step < self.before.stages()[-1][1]:
            return self.before.until(frame.step)
        early = frame.step < frame.dream.steps and not frame.ended
        whole = self.before.grown(frame.dream) if self.before else Recipe(dream=frame.dream)
        return whole.model_copy(update={"edits": (*whole.edits, (frame.step, {"steps": frame.step}))}) if early else whole

    def save(self, frame: Frame) -> Saved:
        """The picture where it was asked for, or else among the temporary files; raises ``Failed`` when neither can be written."""
        path, image, recipe = self.paths[frame.index], frame.image, self.recipe(frame)
        curve = frame.curve if self.recipes else None
        try:
            return Saved(frame, save_picture(image, path, recipe, curve, overwrite=self.overwrite))
        except (OSError, ReverieError) as error:
            trouble = str(error)
        try:
            rescue = save_picture(image, Path(gettempdir(), path.name), recipe, curve)
        except (OSError, ReverieError) as error:
            raise Failed(f"{trouble} Nor could a copy: {error}") from error
        return Saved(frame, rescue, f"{trouble} The picture is in {str(rescue)!r}.")


def _free(folder: Path, dreams: Sequence[Dream], suffix: str) -> tuple[Path, ...]:
    """A readable name for each dream that no file, no other dream, and no journey that goes on later has."""
    taken: list[Path] = []
    for dream in dreams:
        names = numbered(folder / f"{name_of(dream)}{suffix}")
        taken.append(next(path for path in names if path not in taken and not (lexists(path) or lexists(frames_of(path)))))
    return tuple(taken)
