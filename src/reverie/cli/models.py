"""``reverie models list|pull|add|verify|where|remove``: the models of 2021 and since, on this machine."""

from __future__ import annotations

import json as as_json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from reverie.cli.output import SWITCH

if TYPE_CHECKING:
    from reverie.library import Record

app = App(name="models")
Name = Annotated[str, Parameter(help="a model, as `reverie models list` names it")]
Json = Annotated[bool, SWITCH, Parameter(help="a JSON object per line")]
MARKS = {True: "here", False: ""}


@app.command(name="list")
def list_(
    *,
    installed: Annotated[bool, SWITCH, Parameter(help="only those that are here")] = False,
    json: Json = False,
) -> int:
    """What is here and what is known: size, licence, what it is good for."""
    from reverie import library, paths

    here = library.installed()
    rows = [_row(name, here.get(name)) for name in [*here, *(known for known in _known() if known not in here)]]
    rows = [row for row in rows if row["installed"] or not installed]
    for row in rows if json else []:
        print(as_json.dumps(row))
    if not json:
        _show(rows)
        print(f"\nThey lie in {paths.models_dir()}. `reverie models pull NAME` fetches one.", file=sys.stderr)
    return 0


def _known() -> Any:
    from reverie.manifest import known

    return known()


def _row(name: str, record: Record | None) -> dict[str, Any]:
    model = _known().get(name)
    return {
        "name": name,
        "kind": (record.kind if record else model.kind) or "one's own",
        "component": record.component if record else model.component,
        "installed": record is not None,
        "path": str(record.path) if record else None,
        "bytes": record.size if record else model.size,
        "licence": model.licence.name if model and model.licence else None,
        "good_for": model.good_for if model else None,
        "note": model.note if model else None,
    }


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "", "kind", "size", "licence", "good for", box=SIMPLE_HEAD, pad_edge=False)
    table.columns[0].no_wrap = table.columns[2].no_wrap = table.columns[3].no_wrap = True
    for row in rows:
        size = _size(row["bytes"]) if row["bytes"] else "?"
        licence = (row["licence"] or "unknown").partition(" (")[0]
        table.add_row(row["name"], MARKS[row["installed"]], row["kind"], size, licence, row["good_for"] or "")
    wide = sys.stdout.isatty()
    Console(width=None if wide else 140, highlight=False, markup=False).print(table)


def _size(count: int) -> str:
    """As hosts write it: ``980 MB``, ``4.3 GB``."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count:,} bytes"


@app.command
def pull(
    *names: Name,
    source: Annotated[
        list[str] | None, Parameter(name="--from", negative=(), help="an address, a file or a folder to take it from first; repeatable")
    ] = None,
    quiet: Annotated[bool, SWITCH, Parameter(name=["--quiet", "-q"], help="say nothing but where it is")] = False,
    json: Annotated[bool, SWITCH, Parameter(help="tell what happens as one JSON object per line")] = False,
) -> int:
    """Fetch models from their mirrors. What was cut off goes on; what is here already is only checked."""
    from reverie import models
    from reverie.errors import BadRequest

    if not names or (source and len(names) > 1):
        raise BadRequest("Name one model for --from." if names else "Name a model: `reverie models list` shows them.")
    for name in names:
        try:
            with _progress(quiet, json) as tell:
                record = models.pull(name, source or (), tell)
        except KeyboardInterrupt:
            print("what has come stays, and the same command goes on from there", file=sys.stderr)
            raise
        _done(record, json)
    return 0


@app.command
def add(
    *files: Annotated[Path, Parameter(help="a model's files, or a folder of them")],
    name: Annotated[str, Parameter(help="what to call it; a known model is recognised by its SHA-256")] = "",
    kind: Annotated[str, Parameter(help="what it is, for the list")] = "",
    component: Annotated[Literal["generator", "perceptor"] | None, Parameter(name="--as", help="what it paints with")] = None,
    json: Json = False,
) -> int:
    """Take a model from files on this machine; they are copied."""
    from reverie import models
    from reverie.errors import BadRequest

    if not files:
        raise BadRequest("Give the model's files, as in `reverie models add vqgan.ckpt vqgan.yaml --name mine`.")
    _done(models.add(files, name, kind, component), json)
    return 0


def _done(record: Record, json: bool) -> None:
    facts = {"event": "installed", "name": record.name, "path": str(record.path), "bytes": record.size}
    hashes = {file: kept.sha256 for file, kept in record.files.items()}
    print(as_json.dumps({**facts, "sha256": hashes}) if json else record.path)


@app.command
def verify(*names: Name, json: Json = False) -> int:
    """Read every file again and hold it against the SHA-256 that it was installed with; 1 where one has changed."""
    from reverie import library

    here = library.installed()
    for name in names:
        if name not in here:
            library.path_of(name)  # says how to get a known one
            raise library.unheard(name)
    wrong = 0
    for name in names or here:
        for file, problem in library.problems(here[name]).items():
            wrong += bool(problem)
            told = {"name": name, "file": file, "ok": not problem, "problem": problem}
            print(as_json.dumps(told) if json else f"{name}/{file}: {problem or 'right'}")
    if wrong:
        print(f"{wrong} changed: `reverie models pull NAME` or `add` brings them back.", file=sys.stderr)
    return 1 if wrong else 0


@app.command
def where(name: Annotated[str, Parameter(help="a model; without one, the folder of all")] = "", /) -> int:
    """Print the path of an installed model, as its reader is given it."""
    from reverie import library, paths

    if name and not library.find(name):
        library.path_of(name)
        raise library.unheard(name)
    print(library.path_of(name) if name else paths.models_dir())
    return 0


@app.command
def remove(*names: Name) -> int:
    """Delete installed models, and what is left of pulls that were cut off."""
    from reverie import library

    for name in names:
        for path in library.remove(name):
            print(f"{path} is not of the model, and stays", file=sys.stderr)
    return 0


Tell = Callable[[str, int, int | None], None]


def _progress(quiet: bool, json: bool) -> AbstractContextManager[Tell]:
    """Who is told how far a pull is: nobody, a program, a log, or somebody at a terminal."""
    if quiet:
        return nullcontext(lambda *_: None)
    if json:
        return nullcontext(
            Tenths(
                lambda file, done, total: print(
                    as_json.dumps({"event": "fetching", "file": file, "done": done, "total": total}), flush=True
                )
            )
        )
    if not sys.stderr.isatty():
        return nullcontext(Tenths(_line))
    return Bars()


def _line(file: str, done: int, total: int | None) -> None:
    print(f"{file}  {_size(done)}{f' of {_size(total)}' if total else ''}", file=sys.stderr)


class Tenths:
    """Passes on the beginning and every tenth of a file."""

    def __init__(self, tell: Tell) -> None:
        self.tell, self.told = tell, ("", -1)

    def __call__(self, file: str, done: int, total: int | None) -> None:
        part = done * 10 // total if total else done // 100_000_000
        if (file, part) != self.told:
            self.told = (file, part)
            self.tell(file, done, total)


class Bars:
    """A moving line per file."""

    def __enter__(self) -> Tell:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self.bars = Progress(*columns, console=Console(stderr=True))
        self.bars.start()
        self.tasks: dict[str, Any] = {}
        return self.tell

    def tell(self, file: str, done: int, total: int | None) -> None:
        if file not in self.tasks:
            self.tasks[file] = self.bars.add_task(file, total=total)
        self.bars.update(self.tasks[file], completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self.bars.stop()
