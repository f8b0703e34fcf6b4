"""How a painting got on: its loss, and what the judge thought of it, step by step. Kept inside the picture, as the recipe is."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from reverie.errors import BadRequest

POINTS = 100  # about as many are noted of a painting, however many steps it has
_LARGEST = 10_000  # points that are read: a painting that was gone on with has some hundreds


@dataclass(frozen=True)
class Curve:
    """Loss and the judge's score (0..1) of the picture after so many steps; NaN where there was none."""

    steps: tuple[int, ...] = ()
    losses: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()

    def __iter__(self) -> Iterator[tuple[int, float, float]]:
        return zip(self.steps, self.losses, self.scores, strict=True)

    def to_json(self) -> str:
        """The same text for the same curve, rounded to what can be seen."""
        rounded = [[_written(value) for value in values] for values in (self.losses, self.scores)]
        return json.dumps({"steps": self.steps, "losses": rounded[0], "scores": rounded[1]}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Curve:
        """Read what ``to_json`` wrote; raises ``BadRequest`` for anything else."""
        try:
            data = json.loads(text)
            steps = tuple(int(step) for step in data["steps"])
            losses, scores = (tuple(math.nan if value is None else float(value) for value in data[name]) for name in ("losses", "scores"))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise BadRequest("The curve in this picture is damaged.") from error
        if not len(steps) == len(losses) == len(scores) <= _LARGEST:
            raise BadRequest("The curve in this picture is damaged.")
        return cls(steps, losses, scores)


def _written(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
