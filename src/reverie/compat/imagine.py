"""What the originals' classes do: paint into the working folder, go on, begin anew."""

from __future__ import annotations

import hashlib
import secrets
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir
from threading import current_thread, main_thread
from typing import Any

from reverie.album import Album
from reverie.camera import Camera
from reverie.compat.translation import Translation
from reverie.compat.words import Prompts
from reverie.errors import BadRequest
from reverie.interrupt import stoppable
from reverie.observers.journey import Film, Journey, encode, frames_of
from reverie.observers.progress import progress
from reverie.observers.stills import Stills
from reverie.prompts import Prompt
from reverie.recipe import Recipe
from reverie.studio import create
from reverie.types import Observer
from reverie.vectors import SUFFIXES, keep_vector

SEEDS = 1_000_000  # as big-sleep drew them


def drawn(translation: Translation) -> Translation:
    """With a seed from chance where the original would have drawn one."""
    return translation.seeded(secrets.randbelow(SEEDS)) if translation.chance else translation


def picture_of(img: Any) -> Path:
    """The file of a picture that was given as a file or as Pillow's; a recipe can only name files."""
    if isinstance(img, (str, Path)):
        return Path(img)
    data = BytesIO()
    img.convert("RGB").save(data, "PNG")
    path = Path(gettempdir(), f"reverie-{hashlib.blake2b(data.getvalue(), digest_size=8).hexdigest()}.png")
    if not path.exists():
        path.write_bytes(data.getvalue())
    return path


def vector_of(encoding: Any) -> Prompts:
    """The prompt of a vector that was given as a file or as numbers."""
    path = encoding if isinstance(encoding, (str, Path)) else keep_vector(encoding)
    if Path(path).suffix.lower() not in SUFFIXES:
        raise BadRequest(f"{str(path)!r} is no file of a vector: they end in {' or '.join(SUFFIXES)}.")
    return (Prompt(text=str(path), kind="vector"),)


def _stoppable() -> AbstractContextManager[Callable[[], bool]]:
    """Ctrl-C ends with the picture so far, where the originals took it over from the moment that they were imported."""
    return stoppable() if current_thread() is main_thread() else nullcontext(lambda: False)


class Painter:
    """A translation that can be painted, and painted on.

    ``filename`` is where the picture was painted last, or will be; ``notes`` says what is different here.
    """

    def __init__(self, translation: Translation) -> None:
        self._translation, self._again = translation, translation.chance
        self._painted: Recipe | None = None
        self._turned: Prompts | None = None
        self.reset()

    def __call__(self) -> None:
        """Paint, or go on with what was painted: so many steps more."""
        if self._painted:
            recipe = self._on(self._painted)
            dream = shown = recipe.stages()[-1][0]
        else:
            recipe = self.translation.recipe
            dream, shown = recipe.stages()[-1][0], recipe.dream
        pictures = self.translation.pictures
        path = pictures.path(shown, datetime.now())
        album = Album((path,), before=recipe.earlier(), whole=not self._painted, overwrite=pictures.overwrite)
        if pictures.exact:
            from reverie.plan import exactly

            exactly(pictures.device)
        with _stoppable() as stop:
            for saved in create([dream], album, self._observers(album), should_stop=stop, device=pictures.device):
                self.filename, self._painted = saved.path, album.recipe(saved.frame)
        if pictures.video:
            encode(frames_of(self.filename))

    def reset(self) -> None:
        """Begin anew, with another seed where none was given."""
        self.translation = drawn(replace(self._translation, chance=self._again))
        self._painted = None
        self.notes = self.translation.notes
        self.filename = self.translation.pictures.path(self.translation.dream, datetime.now())

    def turn(self, prompts: Prompts) -> None:
        """What is painted from here on."""
        if self._painted:
            self._turned = prompts
        else:
            self.translation = self.translation.turned(prompts)
        self._translation = self._translation.turned(prompts)
        self.filename = self.translation.pictures.path(self._translation.dream, datetime.now())

    def _on(self, painted: Recipe) -> Recipe:
        """The recipe of a painting that goes on for as long again."""
        dream, left = painted.stages()[-1]
        change: dict[str, Any] = {"steps": left + self.translation.dream.steps}
        if self._turned:
            change["prompts"], self._turned = self._turned, None
        return painted.grown(dream.model_copy(update=change))

    def _observers(self, album: Album) -> list[Observer]:
        pictures, found = self.translation.pictures, list[Observer]([progress(sys.stderr)])
        if pictures.every:
            found.append(Stills(pictures.every, album.paths, album.recipe, again=pictures.overwrite))
        if pictures.video:
            found.append(Journey(Film(pictures.video, pictures.seconds, 0.0), album.paths, album.recipe, Camera.of(self.translation.dream)))
        return found
