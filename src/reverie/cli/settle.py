"""What is found out before painting begins: how many steps fit into a time, which seeds are the best. Told as it is found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reverie.cli.output import Output
from reverie.observers.events import Events
from reverie.observers.progress import duration
from reverie.request import Request
from reverie.runs import Run

Tell = Callable[..., None]


@dataclass(frozen=True)
class Search:
    """What is asked to be found out: the steps that fit into so many seconds, the best of so many seeds."""

    budget: float | None = None
    best_of: int | None = None


def teller(output: Output, events: Events | None) -> Tell:
    """Says something to whoever listens: an event's name and data to programs, else a line to people."""

    def tell(event: str, line: str, **data: Any) -> None:
        if events:
            events.tell(event, **data)
        elif not output.quiet:
            print(line, file=sys.stderr)

    return tell


def settled(asked: Request, run: Run | None, should_stop: Callable[[], bool], tell: Tell) -> Request:
    """The request with the dreams as they will be painted, which is kept with the run; as it is when it is stopped before."""
    for wanted, find in ((asked.budget, _planned), (asked.best_of, _chosen)):
        if wanted is not None:
            found = find(asked, should_stop, tell)
            if should_stop():
                break
            asked = found
            if run:
                run.settled(asked)
    return asked


def _planned(asked: Request, should_stop: Callable[[], bool], tell: Tell) -> Request:
    """With as many steps as fit into the time that is left when the best seeds are found."""
    from reverie.budget import planned
    from reverie.search import cost

    assert asked.budget is not None
    search = cost(asked.dreams, asked.best_of) if asked.best_of else 0.0
    dreams, pace = planned(asked.dreams, asked.budget, device=asked.device, should_stop=should_stop, besides=search)
    steps, stop_at = dreams[0].steps, dreams[0].stop_at
    left = pace.time(steps) * (1 + search)
    if not should_stop():
        sooner = "" if stop_at is None else f", sooner once the judge is {stop_at:g} sure"
        ready = datetime.now() + timedelta(seconds=left)
        line = f"plan: {steps} steps at {pace.step:.2g} s each, done in about {duration(left)}, at {ready:%H:%M:%S}{sooner}"
        tell("plan", line, steps=steps, seconds_per_step=pace.step, seconds=left, stop_at=stop_at)
    return asked.model_copy(update={"dreams": tuple(dreams), "budget": None})


def _chosen(asked: Request, should_stop: Callable[[], bool], tell: Tell) -> Request:
    """With the best of the seeds."""
    from reverie.search import best

    assert asked.best_of is not None
    dreams, scores = best(asked.dreams, asked.best_of, asked.device, should_stop)
    for mine in scores:
        first, *others = sorted(mine, key=lambda seed: -mine[seed])
        rest = f", of the others at most {mine[others[0]]:.2f}" if others else ""
        line = f"seed {first} is the best of {len(mine)}: the judge is {mine[first]:.2f} sure{rest}"
        tell("chosen", line, seed=first, scores={str(seed): score for seed, score in mine.items()})
    return asked.model_copy(update={"dreams": tuple(dreams), "best_of": None})
