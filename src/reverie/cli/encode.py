"""``reverie encode NAME.frames``: the video of a painting's way, from the pictures that --video kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number


def encode(
    folder: Annotated[Path, Parameter(help="NAME.frames, which is there until its video is")],
    /,
    *,
    video: Annotated[Literal["mp4", "webm", "gif", "webp", "avif"] | None, Parameter(help="another format than was asked for")] = None,
    seconds: Annotated[float, Parameter(help="of the way", validator=Number(gt=0, lte=3600))] = 6.0,
    hold: Annotated[float, Parameter(help="seconds of the finished picture at the end", validator=Number(gte=0, lte=3600))] = 1.5,
) -> int:
    """Make the video that was interrupted, or another one, of the pictures on the way."""
    from reverie.observers import journey

    print(journey.encode(folder, journey.Film(video, seconds, hold) if video else None))
    return 0
