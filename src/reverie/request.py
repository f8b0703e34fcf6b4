"""What was asked of a run, as it stands on disk beside how far it is."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.recipe import Recipe, explain_validation
from reverie.video import Kind

VERSION = 1
REQUEST = "run.json"


class Request(BaseModel):
    """What was asked: the dreams, where each picture goes and how, and what is done already."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: int = VERSION
    dreams: tuple[Dream, ...] = Field(min_length=1)
    paths: tuple[Path, ...]
    recipes: bool = True
    overwrite: bool = False
    device: str = "auto"
    deterministic: bool = False
    every: int | None = None
    film: tuple[Kind, float, float] | None = None
    until: int | None = None
    before: Recipe | None = None
    whole: bool = False
    row: bool = False
    together: int = 0
    budget: float | None = None  # seconds for which steps are still to be planned
    best_of: int | None = None  # seeds that are still to be tried
    began: datetime
    done: tuple[int, ...] = ()

    @property
    def steps(self) -> int:
        """At which step the pictures are as they were asked for."""
        return self.until or max(dream.steps for dream in self.dreams)


def read_request(folder: Path) -> Request:
    """What was asked; raises ``BadRequest`` when the file is damaged or newer than this Reverie."""
    path = folder / REQUEST
    try:
        text = path.read_text(encoding="utf-8")
        version = json.loads(text).get("version", VERSION)
        if isinstance(version, int) and version > VERSION:
            raise BadRequest(f"{path} was written by a newer Reverie: update Reverie.")
        return Request.model_validate_json(text)
    except ValidationError as error:
        raise BadRequest(f"{path} cannot be used. {explain_validation(error, Request)}") from None
    except (OSError, ValueError, AttributeError) as error:
        raise BadRequest(f"{path} is damaged ({error}): reverie resume --forget {folder.name} removes the run.") from None
