"""The journey of a painting as a video: every step's picture is kept on disk, and encoded once the painting is done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.camera import Camera
from reverie.errors import BadRequest, Failed
from reverie.files import save_picture, write_file
from reverie.recipe import Recipe
from reverie.video import FPS, KINDS, Kind, save_video

if TYPE_CHECKING:
    from PIL.Image import Image

    from reverie.types import Frame

MOST = 600  # pictures kept of one painting: more than any video shows apart
STEADY = 0.2  # share of the time that goes by the step, the rest by how much a step changes
APPEARING = 0.2  # what the first picture may take to come out of the blank, in parts of the way that is painted
_PLAN = "journey.json"


@dataclass(frozen=True)
class Film:
    """What a video is to be: ``seconds`` on the way, then ``hold`` seconds of the finished picture."""

    kind: Kind = "mp4"
    seconds: float = 6.0
    hold: float = 1.5

    def __post_init__(self) -> None:
        if self.kind not in KINDS or not (0 < self.seconds <= 3600 and 0 <= self.hold <= 3600):
            raise BadRequest(
                f"A video of {self.seconds} + {self.hold} seconds as {self.kind}: give 0 to 3600 seconds and {', '.join(KINDS)}."
            )


class Journey:
    """Keeps ``name.frames/000012.png`` beside ``name.png``: ``targets`` are the finished pictures' paths by the dream's place.

    Raises ``Failed`` when a picture cannot be written.
    """

    def __init__(self, film: Film, targets: Sequence[Path], recipe: Callable[[Frame], Recipe | None], camera: Camera | None = None) -> None:
        self.film, self.targets, self.recipe, self.camera = film, targets, recipe, camera

    def wants(self, step: int, steps: int) -> bool:
        """Steps evenly apart; those of the camera where it moves."""
        return step % (self.camera.every if self.camera else -(-max(1, steps) // MOST)) == 0

    def show(self, frame: Frame) -> None:
        if not (frame.final or self.wants(frame.step, frame.dream.steps)):
            return
        folder = frames_of(self.targets[frame.index])
        if frame.step == 0 or frame.final:
            recipe = self.recipe(frame)
            camera = self.camera.model_dump() if self.camera else None
            plan = {**asdict(self.film), "recipe": recipe.portable().to_json() if recipe else None, "camera": camera}
            write_file(folder / _PLAN, json.dumps(plan).encode(), overwrite=True)
        save_picture(frame.image, folder / f"{frame.step:06}.png", None, overwrite=True)

    def close(self) -> None:
        return None


def frames_of(target: Path) -> Path:
    """Where the pictures on the way to ``name.png`` are: ``name.frames``."""
    return target.with_suffix(".frames")


def encode(folder: Path, film: Film | None = None) -> Path:
    """Make the video of a folder of frames beside it, as it was asked for or otherwise, and remove the folder; gives its path.

    Raises ``BadRequest`` when the folder holds no journey, ``Failed`` when it cannot be encoded; the frames are safe then.
    """
    frames = sorted(folder.glob("[0-9]*.png"))
    try:
        plan = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
        asked = film or Film(plan["kind"], float(plan["seconds"]), float(plan["hold"]))
        recipe = Recipe.from_json(plan["recipe"]) if plan["recipe"] else None
        camera = Camera.model_validate(plan["camera"]) if plan.get("camera") else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"{str(folder)!r} holds no journey: give a folder NAME.frames that --video left.") from error
    if not frames:
        raise BadRequest(f"There are no pictures in {str(folder)!r}.")
    try:
        pictures = travelled(frames, asked, camera) if camera else spaced(frames, asked)
        path = save_video(pictures, folder.with_suffix(f".{asked.kind}"), recipe)
    except (BadRequest, Failed) as error:
        raise type(error)(f"{error} The frames are safe: reverie encode {folder}") from error
    shutil.rmtree(folder, ignore_errors=True)
    return path


def travelled(frames: Sequence[Path], film: Film, camera: Camera) -> Iterator[Image]:
    """The video's pictures where a camera moves: from frame to frame at an even pace, moved on between them, then held."""
    from PIL import Image

    from reverie.images import load_picture

    load = lru_cache(maxsize=2)(load_picture)
    count, steps = max(2, round(film.seconds * FPS)), [int(frame.stem) for frame in frames]
    for number in range(count):
        place, rest = divmod(number * (len(frames) - 1), count - 1)
        first, last = load(frames[place]), load(frames[min(place + 1, len(frames) - 1)])
        mixed = camera.between if camera.due(steps[place]) == steps[place] else Image.blend
        yield mixed(first, last, rest / (count - 1)) if rest else first
    for _ in range(round(film.hold * FPS)):
        yield load(frames[-1])


def spaced(frames: Sequence[Path], film: Film) -> Iterator[Image]:
    """The video's pictures: from a blank to the last frame, spaced by how much changes, so that nothing jumps, then held."""
    from PIL import Image

    from reverie.images import load_picture

    change = _changes(frames)
    whole = sum(change)
    time = [0.0]
    for part in change:
        time.append(time[-1] + STEADY / len(change) + (1 - STEADY) * (part / whole if whole else 1 / len(change)))
    loaded: dict[int, Image.Image] = {}

    def shown(number: int) -> Image.Image:
        """The blank comes first; two pictures are in memory at once."""
        if number not in loaded:
            for old in [key for key in loaded if key < number - 1]:
                del loaded[old]
            first = load_picture(frames[max(0, number - 1)])
            loaded[number] = first.resize((1, 1), Image.Resampling.BOX).resize(first.size) if number == 0 else first
        return loaded[number]

    count, place = max(2, round(film.seconds * FPS)), 0
    for number in range(count):
        now = time[-1] * number / (count - 1)
        while place < len(change) - 1 and time[place + 1] <= now:
            place += 1
        share = min(1.0, (now - time[place]) / (time[place + 1] - time[place]))
        yield Image.blend(shown(place), shown(place + 1), share)
    for _ in range(round(film.hold * FPS)):
        yield shown(len(frames))


def _changes(frames: Sequence[Path]) -> list[float]:
    """How much each frame differs from the one before, the first from the blank: mean absolute difference of small copies."""
    from PIL import Image, ImageChops, ImageStat

    from reverie.images import load_picture

    small = [load_picture(frame).resize((64, 64), Image.Resampling.BOX) for frame in frames]
    small.insert(0, small[0].resize((1, 1), Image.Resampling.BOX).resize((64, 64)))
    first, *rest = (sum(ImageStat.Stat(ImageChops.difference(a, b)).mean) for a, b in zip(small, small[1:], strict=False))
    return [min(first, APPEARING * sum(rest)) if any(rest) else first, *rest]
