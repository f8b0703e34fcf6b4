"""Painting as the command line does it: echo what was understood, show progress, save, say where."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING

from reverie.cli.interrupt import STOPPED, stoppable
from reverie.cli.output import Output
from reverie.dream import Dream
from reverie.observers.events import Events
from reverie.observers.progress import progress
from reverie.observers.stills import Stills
from reverie.observers.until import Until
from reverie.prompts import explain, show
from reverie.studio import Album, Saved, check, create

if TYPE_CHECKING:
    from reverie.types import Observer


def painted(dreams: Sequence[Dream], output: Output, until: int | None = None) -> int:
    """Paint and save, to the step ``until`` where given; returns the exit code.

    stdout gets the path of each picture, or with ``--json`` the events; stderr gets all else.
    """
    events = Events(sys.stdout) if output.json else None
    _echo(dreams[0], output, events)
    check(dreams)
    album = Album.at(output.out, dreams, output.format, not output.no_metadata, output.overwrite)
    if events:
        events.tell("start", pictures=[str(path) for path in album.paths], dream=dreams[0].model_dump(mode="json"))
    end = Until(until or dreams[0].steps + 1)
    observers = [end, *_observers(output, album, events)]
    began, done = monotonic(), list[Saved]()
    try:
        with stoppable() as asked:
            for saved in create(dreams, album, observers, should_stop=lambda: asked() or end.reached(), device=output.device):
                done.append(saved)
                _record(saved, album)
                if events:
                    _tell(events, saved)
        stopped = asked() and sum(saved.frame.step >= (until or saved.frame.dream.steps) for saved in done) < len(dreams)
    finally:
        if not events:
            _say(done)
    if events:
        events.tell("done", pictures=[str(saved.path) for saved in done], stopped=stopped, seconds=round(monotonic() - began, 3))
    elif stopped and not done:
        print("stopped before the first step: there is no picture", file=sys.stderr)
    return STOPPED if stopped else 0


def _echo(dream: Dream, output: Output, events: Events | None) -> None:
    """What was understood, before time is spent on it."""
    if events:
        events.tell("parsed", text=show(dream.prompts), prompts=[prompt.model_dump() for prompt in dream.prompts])
    elif not output.quiet:
        print(explain(dream.prompts), file=sys.stderr)


def _observers(output: Output, album: Album, events: Events | None) -> list[Observer]:
    found: list[Observer] = []
    if events:
        found.append(events)
    elif not output.quiet:
        found.append(progress(sys.stderr))
    if output.every:
        found.append(Stills(output.every, album.paths, album.recipe))
    return found


def _tell(events: Events, saved: Saved) -> None:
    frame = saved.frame
    events.tell("saved", index=frame.index, step=frame.step, path=str(saved.path), undone=frame.undone)


def _record(saved: Saved, album: Album) -> None:
    """Into the gallery; the picture is safe already, so what goes wrong here is a warning."""
    recipe = replace(album, recipes=True).recipe(saved.frame)
    assert recipe is not None
    try:
        from reverie.store import Entry, Store

        loss = saved.frame.loss if isfinite(saved.frame.loss) else None
        Store().record([Entry.of(saved.path, recipe, datetime.now(UTC), loss)])
    except Exception as error:  # whatever it is: the pictures not saved yet come first
        print(f"warning: not recorded in the gallery: {error}", file=sys.stderr)


def _say(done: Sequence[Saved]) -> None:
    """After the progress line has ended, so that neither runs into the other."""
    for saved in done:
        if saved.frame.undone:
            print(f"{saved.path}: {saved.frame.undone} of {saved.frame.step} steps were undone, not being finite", file=sys.stderr)
    for saved in done:
        print(saved.path, flush=True)
