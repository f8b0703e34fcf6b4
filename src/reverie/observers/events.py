"""Progress for a program: one JSON object per line."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any, TextIO

from reverie.observers.progress import often

if TYPE_CHECKING:
    from reverie.types import Frame


class Events:
    """Writes events to a stream, each with its name under ``event``; frames are told as ``step`` and ``undone``."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.undone: dict[int, int] = {}

    def tell(self, event: str, **facts: Any) -> None:
        """One line, flushed: whoever reads it may act on it at once."""
        self.stream.write(json.dumps({"event": event, **facts}, allow_nan=False) + "\n")
        self.stream.flush()

    def wants(self, step: int, steps: int) -> bool:
        return often(step, steps)

    def show(self, frame: Frame) -> None:
        """A step; before it, how many poisoned steps were undone, when there are more of them than were told."""
        place = {"index": frame.index, "step": frame.step}
        if frame.undone > self.undone.get(frame.index, 0):
            self.undone[frame.index] = frame.undone
            self.tell("undone", **place, undone=frame.undone)
        losses = {name: _number(loss) for name, loss in frame.losses.items()}
        self.tell("step", **place, steps=frame.dream.steps, loss=_number(frame.loss), losses=losses, score=frame.score, final=frame.final)

    def close(self) -> None:
        return None


def _number(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return value if isfinite(value) else None
