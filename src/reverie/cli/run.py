"""Painting as the command line does it: echo what was understood, show progress, save, say where."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from reverie import video
from reverie.album import Album, Saved, pictures_in
from reverie.camera import Camera
from reverie.cli.output import Output
from reverie.cli.settle import Search, settled, teller
from reverie.dream import Dream
from reverie.errors import BadRequest, ReverieError
from reverie.images import load_picture
from reverie.interrupt import STOPPED, stoppable
from reverie.naming import title
from reverie.observers.events import Events
from reverie.observers.journey import Film, Journey, encode, frames_of
from reverie.observers.progress import progress
from reverie.observers.stills import Stills
from reverie.observers.until import Until
from reverie.prompts import explain, show
from reverie.recipe import Recipe
from reverie.request import Request
from reverie.runs import Run, now
from reverie.studio import check, create

if TYPE_CHECKING:
    from reverie.types import Observer


def painted(
    dreams: Sequence[Dream],
    output: Output,
    until: int | None = None,
    before: Recipe | None = None,
    whole: bool = False,
    search: Search = Search(),  # noqa: B008 - frozen
    over: Sequence[Path] = (),
) -> int:
    """Paint and save, to the step ``until`` and from where ``before`` was left where these are given; returns the exit code.
    ``whole``: what comes before is new as well, and shown. ``search``: what is found out first. ``over``: the files that the dreams
    begin from, whose names are kept.

    stdout gets the path of each picture, or with ``--json`` the events; stderr gets all else.
    """
    check(dreams)
    if output.video:
        video.check(output.video, *dreams[0].size, len(over) or round((output.seconds + output.hold) * video.FPS))
    if over:
        album = Album.over(output.out, over, dreams, not output.no_metadata, output.overwrite)
    else:
        album = Album.at(output.out, dreams, output.format, not output.no_metadata, output.overwrite)
    before = before and before.model_copy(update={"dream": _anywhere(before.dream)})
    album = replace(album, before=before, whole=whole)
    asked = _asked(dreams, album, output).model_copy(update={"until": until, "budget": search.budget, "best_of": search.best_of})
    if before and not whole and not output.quiet:
        print(f"the first {before.stages()[-1][1]} steps are painted again, to go on from there", file=sys.stderr)
    return follow(asked, None, album, output)


def painted_at(dreams: Sequence[Dream], paths: Sequence[Path], output: Output, together: int = 0) -> int:
    """Paint dreams into these files, over what is there, at most so many at once; returns the exit code."""
    check(dreams)
    album = Album(tuple(paths), not output.no_metadata, overwrite=True, together=together).checked(dreams)
    return follow(_asked(dreams, album, output), None, album, output)


def _asked(dreams: Sequence[Dream], album: Album, output: Output) -> Request:
    return Request(
        dreams=tuple(_anywhere(dream) for dream in dreams), paths=tuple(path.absolute() for path in album.paths),
        recipes=album.recipes, overwrite=album.overwrite, device=output.device, every=output.every,
        film=(output.video, output.seconds, output.hold) if output.video else None, before=album.before, whole=album.whole, row=album.row,
        together=album.together, deterministic=output.deterministic, began=now(),
    )  # fmt: skip


def _anywhere(dream: Dream) -> Dream:
    """The dream as it can be painted from any folder."""
    files = {name: getattr(dream, name) for name in ("init", "mask")}
    prompts = tuple(prompt.model_copy(update=_absolute(prompt.files())) for prompt in dream.prompts)
    return dream.model_copy(update={"prompts": prompts, **_absolute(files)})


def _absolute(files: Mapping[str, str | None]) -> dict[str, str]:
    return {name: str(Path(file).absolute()) for name, file in files.items() if file and Path(file).is_file()}


def follow(asked: Request, run: Run | None, album: Album, output: Output) -> int:
    """Paint what was asked, from the start or where an interrupted ``run`` left it, and tell how it goes."""
    output.settle()
    events = Events(sys.stdout) if output.json else None
    _echo(asked.dreams, output, events, new=run is None)
    began, done, held = monotonic(), list[Saved](), run or _begun(asked)
    try:
        with stoppable() as stop:
            asked = settled(asked, held, stop, teller(output, events))
            if events:
                told = {"pictures": [str(path) for path in album.paths], "dream": asked.dreams[0].model_dump(mode="json")}
                events.tell("start", **told)
            end = Until(asked.steps + (asked.until is None))
            observers = [end, *_observers(output, album, events, asked.dreams[0], again=run is not None)]
            shown = create(asked.dreams, album, observers, should_stop=lambda: stop() or end.reached(), device=output.device, run=held)
            for saved in shown:
                done.append(saved)
                _record(saved, album)
                if events:
                    frame = saved.frame
                    events.tell("saved", index=frame.index, step=frame.step, path=str(saved.path), undone=frame.undone)
        stopped = stop() and sum(saved.frame.ended or saved.frame.step >= asked.steps for saved in done) < len(asked.dreams)
    except BadRequest:  # nothing was started
        if held and run is None:
            held.abandon()
            held = None
        raise
    finally:
        if not events:
            _say(done)
        _let_go(held)
    films = [] if stopped or not output.video else [path for path in _films(album, output.video, asked.dreams) if path]
    if events:
        told = {"pictures": [str(saved.path) for saved in done], "videos": [str(path) for path in films]}
        events.tell("done", **told, stopped=stopped, seconds=round(monotonic() - began, 3))
        return STOPPED if stopped else 0
    for path in films:
        print(path, flush=True)
    if stopped and not done:
        print("stopped before the first step: there is no picture", file=sys.stderr)
    return STOPPED if stopped else 0


def painted_over(dream: Dream, folder: Path, output: Output) -> int:
    """Paint over every picture of a folder, by name, with the same seed; what is painted keeps their names. Returns the exit code."""
    if output.format:
        raise BadRequest("Pictures that are painted over keep their names, and --format would change them: leave it out.")
    files = pictures_in(folder)
    return painted([dream.model_copy(update={"init": str(file)}) for file in files], output, over=files)


def _films(album: Album, kind: video.Kind, dreams: Sequence[Dream]) -> Iterator[Path | None]:
    """A video of each picture's way, or of a row of pictures one after another, beside its folder."""
    if not album.row:
        yield from map(_filmed, album.paths)
        return
    folder = album.paths[0].parent
    path = folder.with_name(f"{folder.name}.{kind}")
    try:
        recipe = Recipe(dream=dreams[0]) if album.recipes else None
        yield video.save_video(map(load_picture, album.paths), path, recipe, overwrite=album.overwrite)
    except ReverieError as error:
        print(f"warning: {error} The pictures are in {str(folder)!r}.", file=sys.stderr)


def _filmed(target: Path) -> Path | None:
    """The video of a picture, which is safe already; what goes wrong here is a warning that says how to try again."""
    try:
        return encode(frames_of(target))
    except ReverieError as error:
        print(f"warning: {error}", file=sys.stderr)
        return None


def _let_go(run: Run | None) -> None:
    """Say how to go on with what was not painted to its end."""
    if run and run.trouble:
        print(f"warning: {run.trouble} There is nothing to go on with after an interruption.", file=sys.stderr)
    if run and run.close():
        print(f"to go on: reverie resume {run.folder.name}", file=sys.stderr)


def _begun(asked: Request) -> Run | None:
    """Kept from the first moment on, so that even a power cut loses little; where that cannot be, painting goes on without."""
    try:
        return Run.begin(asked)
    except ReverieError as error:
        print(f"warning: {error}", file=sys.stderr)
        return None


def _echo(dreams: Sequence[Dream], output: Output, events: Events | None, new: bool) -> None:
    """What was understood, before time is spent on it, and of a new run what there is to say about its words."""
    different = list(dict.fromkeys(dream.prompts for dream in dreams))
    if events:
        for prompts in different:
            events.tell("parsed", text=show(prompts), prompts=[prompt.model_dump() for prompt in prompts])
    elif not output.quiet:
        told = explain(different[0]) if len(different) == 1 else "\n".join(map(show, different))
        print(told or f"without words: {title(dreams[0])}", file=sys.stderr)
    if new and (events or not output.quiet):
        _note(dreams, output, events)


def _note(dreams: Sequence[Dream], output: Output, events: Events | None) -> None:
    """What a reader may want to know about the words; they are painted as they were written."""
    from reverie.craft.notes import few, notes

    found = notes(dreams, output.device)
    if events:
        for note in found:
            events.tell("note", kind=note.kind, message=note.line, **note.facts)
    else:
        for line in few(found):
            print("note:", line, file=sys.stderr)


def _observers(output: Output, album: Album, events: Events | None, dream: Dream, again: bool) -> list[Observer]:
    found: list[Observer] = []
    if events:
        found.append(events)
    elif not output.quiet:
        found.append(progress(sys.stderr))
    if output.video and not album.row:
        found.append(Journey(Film(output.video, output.seconds, output.hold), album.paths, album.recipe, Camera.of(dream)))
    if output.every:
        found.append(Stills(output.every, album.paths, album.recipe, again))
    return found


def _record(saved: Saved, album: Album) -> None:
    """Into the gallery; the picture is safe already, so what goes wrong here is a warning."""
    recipe = replace(album, recipes=True).recipe(saved.frame)
    assert recipe is not None
    try:
        from reverie.store import Entry, Store

        loss = saved.frame.loss if isfinite(saved.frame.loss) else None
        Store().record([Entry.of(saved.path, recipe, datetime.now(UTC), loss, saved.frame.score)])
    except Exception as error:  # whatever it is: the pictures not saved yet come first
        print(f"warning: not recorded in the gallery: {error}", file=sys.stderr)


def _say(done: Sequence[Saved]) -> None:
    """After the progress line has ended, so that neither runs into the other."""
    for saved in done:
        if saved.frame.ended and saved.frame.step < saved.frame.dream.steps:
            print(f"{saved.path}: the picture after {saved.frame.step} of {saved.frame.dream.steps} steps, as asked", file=sys.stderr)
        if saved.frame.undone:
            print(f"{saved.path}: {saved.frame.undone} of {saved.frame.step} steps were undone, not being finite", file=sys.stderr)
    for saved in done:
        print(saved.path, flush=True)
