"""Cut methods by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reverie.cuts.notebooks import NotebookCutter
from reverie.cuts.squares import BigSleepCutter, DeepDazeCutter
from reverie.types import Cutter

NOTEBOOKS = ("original", "updated", "nrupdated", "updatedpooling", "latest")


def cutter(method: str, views: int, size: int, options: Any) -> Cutter:
    """A cutter of ``views`` views of side ``size`` by the name of an original's method, with the options that belong to it."""
    made: Mapping[str, Callable[[], Cutter]] = {
        "big-sleep": lambda: BigSleepCutter(views, size, options),
        "deep-daze": lambda: DeepDazeCutter(views, size, options),
    }
    return made[method]() if method in made else NotebookCutter(views, size, options, method)
