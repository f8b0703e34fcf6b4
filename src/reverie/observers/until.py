"""An end before the end: what a picture that was stopped early needs to be painted again as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reverie.types import Frame


class Until:
    """Counts the steps of one batch by being asked at each of them; wants to see none."""

    def __init__(self, end: int) -> None:
        self.end, self.taken = end, 0

    def reached(self) -> bool:
        """Whether to stop here: ``should_stop`` of a run."""
        return self.taken >= self.end

    def wants(self, step: int, steps: int) -> bool:
        self.taken = max(self.taken, step + 1)  # a picture that comes late asks again
        return False

    def show(self, frame: Frame) -> None:
        return None

    def close(self) -> None:
        return None
