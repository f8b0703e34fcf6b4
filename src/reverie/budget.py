"""A time instead of a number of steps: how many steps fit into it, by a short probe of the dreams themselves on this machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median_low
from time import monotonic
from typing import TYPE_CHECKING

from reverie.dream import Dream
from reverie.errors import BadRequest

if TYPE_CHECKING:
    from reverie.course import Course
    from reverie.plan import Plan

FIRST, LEAST, MOST = 2, 4, 16  # steps that are timed: at first, and once more where so many take no longer than they may
SHARE = 0.1  # of the time, which timing them may take
BESIDES = 1.03  # what checkpoints and frames add to the steps: a checkpoint alone may cost a fiftieth
MOST_STEPS = 1_000_000
_UNITS = re.compile(r"(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s?)?")


def seconds(text: str) -> float:
    """``30s``, ``2m``, ``1h30m`` or a number of seconds; raises ``BadRequest`` for anything else."""
    found = _UNITS.fullmatch(text.strip().lower())
    try:
        total = sum(float(part or 0) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else 0.0
    except ValueError:
        total = 0.0
    if total <= 0:
        raise BadRequest(f"--budget {text!r} is no time: write 30s, 2m or 1h30m.")
    return total


@dataclass(frozen=True)
class Pace:
    """What painting costs here, in seconds: ``step`` for each step of the batch, and ``rest`` for the start and the end."""

    step: float
    rest: float

    def steps(self, left: float) -> int:
        """How many fit into so many seconds; one, where none does."""
        return min(MOST_STEPS, max(1, int((left - self.rest) / (self.step * BESIDES))))

    def time(self, steps: int) -> float:
        return self.rest + steps * self.step * BESIDES


def planned(
    dreams: Sequence[Dream],
    budget: float,
    device: str = "auto",
    should_stop: Callable[[], bool] = lambda: False,
    besides: float = 0.0,
) -> tuple[list[Dream], Pace]:
    """Dreams of one shape with as many steps as fit into ``budget`` seconds from now on, probe included; and the pace. ``besides``: what
    else will be done in that time, in parts of the painting's.

    The probe is the dream in a few steps: all that changes on a painting's way, changes on a shorter one as well. Of a slow dream two
    have to do.
    """
    began = monotonic()
    pace = _timed(dreams, FIRST, device, should_stop)  # networks are read and kernels chosen by then
    count = min(MOST, int(SHARE * budget / max(pace.step, 1e-6)))
    if count >= LEAST:
        pace = _timed(dreams, count, device, should_stop)
    steps = pace.steps((budget - (monotonic() - began)) / (1 + besides))
    return [dream.model_copy(update={"steps": steps}) for dream in dreams], pace


def _timed(dreams: Sequence[Dream], steps: int, device: str, should_stop: Callable[[], bool]) -> Pace:
    """Paint the dreams in so few steps, whatever they would stop at, and throw them away."""
    import torch

    from reverie.build import Kept, frames
    from reverie.plan import pick_device

    place, ticks, laps = pick_device(device), list[float](), list[float]()

    def now() -> float:
        if place.type == "cuda":
            torch.cuda.synchronize(place)
        return monotonic()

    def tick() -> bool:
        """Asked before every step."""
        ticks.append(now())
        return should_stop()

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        """Told after it."""
        laps.append(now() - ticks[-1])

    brief = [dream.model_copy(update={"steps": steps, "patience": 0, "stop_at": None}) for dream in dreams]
    began, kept = monotonic(), Kept(keep=keep)
    for _ in frames(brief, wants=lambda step, steps: False, should_stop=tick, device=device, kept=kept):
        pass
    # A first step, one that is recorded, one beside which somebody else was busy are dear, and no measure of those to come.
    lap = median_low(laps) if laps else 1e-6
    return Pace(lap, monotonic() - began - lap * len(laps))
