"""``reverie log``: what was painted, and where it is."""

from __future__ import annotations

import json as as_json
import sys
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.output import SWITCH
from reverie.errors import BadRequest

if TYPE_CHECKING:
    from reverie.store import Entry


@Parameter(name="*", group="Which")
@dataclass(frozen=True)
class Which:
    """What to list; all of it must hold."""

    generator: Annotated[str | None, Parameter(help="painted by this one")] = None
    seed: Annotated[int | None, Parameter(help="with this seed", validator=Number(gte=0, lt=2**63))] = None
    since: Annotated[str | None, Parameter(help="on this day or later, as 2026-11-24")] = None
    until: Annotated[str | None, Parameter(help="on this day or before")] = None
    score: Annotated[float | None, Parameter(help="with at least this score of the judge's")] = None
    limit: Annotated[int, Parameter(help="so many, the newest", validator=Number(gte=1, lte=1_000_000))] = 20


def log(
    *words: Annotated[str, Parameter(help="parts of the prompts, in any case; all must be there. With --rebuild: folders")],
    which: Which = Which(),  # noqa: B008 - frozen
    json: Annotated[bool, SWITCH, Parameter(help="a JSON object per line, with the recipe")] = False,
    rebuild: Annotated[
        bool, SWITCH, Parameter(help="make the gallery anew from the pictures in these folders (dreams by default)")
    ] = False,
) -> int:
    """List and search what was painted. The gallery is an index: without it no picture is lost."""
    from reverie.store import Store, Wanted

    store = Store()
    if rebuild:
        folders = [Path(word) for word in words or ("dreams",)]
        for folder in folders:
            if not folder.is_dir():
                raise BadRequest(f"There is no folder {str(folder)!r}: name those with the pictures, as in `reverie log --rebuild dreams`.")
        count = store.rebuild(folders, lambda line: print(line, file=sys.stderr))
        print(f"{count} pictures are in the gallery now.")
        return 0
    first = _day(which.since, "--since") if which.since else None
    last = _day(which.until, "--until", 1) if which.until else None
    spelt = tuple(word.encode("utf-8", "replace").decode() for word in words)  # a shell may hand over bytes that are no text
    found = store.find(Wanted(spelt, which.generator, which.seed, first, last, which.score, which.limit))
    if json:
        for entry in found:
            print(as_json.dumps({**asdict(entry), "recipe": as_json.loads(entry.recipe)}))
    for entry in [] if json else reversed(found):  # the newest next to where one types
        print(_lines(entry))
    if not found:
        print("Nothing is recorded that fits.", file=sys.stderr)
    return 0


def _day(text: str, flag: str, later: int = 0) -> datetime:
    """The beginning of a day, or of one ``later``, as this machine counts days."""
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=later), datetime.min.time()).astimezone()
    except (ValueError, OverflowError):
        raise BadRequest(f"{flag} {text}: a day is written as 2026-11-24.") from None


def _lines(one: Entry) -> str:
    """When and what; below it where, or that it is gone, and how."""
    when = datetime.fromisoformat(one.painted).astimezone().strftime("%Y-%m-%d %H:%M")
    facts = [one.generator, one.size, f"seed {one.seed}", f"{one.steps} steps"]
    facts += [f"{name} {value:.3f}" for name, value in (("loss", one.loss), ("score", one.score)) if value is not None]
    place = _short(one.path) + ("" if Path(one.path).exists() else " (gone)")
    return f"{when}  {one.prompts}\n{'':18}{place}  {', '.join(facts)}"


def _short(path: str) -> str:
    """From here where it is below, else in full."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
