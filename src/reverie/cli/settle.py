"""What is found out before painting begins: how many steps fit into a time. Told as it is found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from reverie.cli.output import Output
from reverie.observers.events import Events
from reverie.observers.progress import duration
from reverie.request import Request
from reverie.runs import Run

Tell = Callable[..., None]


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
    if asked.budget is None:
        return asked
    found = _planned(asked, should_stop, tell)
    if should_stop():
        return asked
    if run:
        run.settled(found)
    return found


def _planned(asked: Request, should_stop: Callable[[], bool], tell: Tell) -> Request:
    from reverie.budget import planned

    assert asked.budget is not None
    dreams, pace = planned(asked.dreams, asked.budget, asked.device, should_stop)
    steps, stop_at = dreams[0].steps, dreams[0].stop_at
    left = pace.time(steps)
    if not should_stop():
        sooner = "" if stop_at is None else f", sooner once the judge is {stop_at:g} sure"
        ready = datetime.now() + timedelta(seconds=left)
        line = f"plan: {steps} steps at {pace.step:.2g} s each, done in about {duration(left)}, at {ready:%H:%M:%S}{sooner}"
        tell("plan", line, steps=steps, seconds_per_step=pace.step, seconds=left, stop_at=stop_at)
    return asked.model_copy(update={"dreams": tuple(dreams), "budget": None})
