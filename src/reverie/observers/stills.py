"""Stills: the picture at every so many steps, as numbered files beside the one that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.files import save_picture

if TYPE_CHECKING:
    from reverie.recipe import Recipe
    from reverie.types import Frame


class Stills:
    """Saves ``name.000050.png`` beside ``name.png``: ``targets`` are the finished pictures' paths by the dream's place.

    ``recipe`` says what goes into a still, None for nothing; ``again``: a run that was interrupted paints some of its stills once
    more, over the same ones. Raises ``Failed`` when a still cannot be written.
    """

    def __init__(self, every: int, targets: Sequence[Path], recipe: Callable[[Frame], Recipe | None], again: bool = False) -> None:
        self.every, self.targets, self.recipe, self.again = every, targets, recipe, again

    def wants(self, step: int, steps: int) -> bool:
        return step > 0 and step % self.every == 0

    def show(self, frame: Frame) -> None:
        if self.wants(frame.step, frame.dream.steps):
            save_picture(frame.image, still(self.targets[frame.index], frame.step), self.recipe(frame), overwrite=self.again)

    def close(self) -> None:
        return None


def still(target: Path, step: int) -> Path:
    """``name.png`` at step 50 is ``name.000050.png``."""
    return target.with_suffix(f".{step:06}{target.suffix}")
