"""Painting what is missing of pictures that belong together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from reverie.cli.output import Output
from reverie.craft.cells import Cell, cells
from reverie.dream import Dream

Value = TypeVar("Value")
TOGETHER = 16  # pictures, which are then safe


def in_rows(values: Sequence[Value], columns: int) -> list[Sequence[Value]]:
    """Values one after another as rows of so many."""
    return [values[at : at + columns] for at in range(0, len(values), columns)]


def painted_cells(
    dreams: Sequence[Dream], names: Sequence[str], folder: Path, output: Output, together: int = TOGETHER
) -> tuple[int, list[Cell]]:
    """Paint what is not in the folder yet, at most ``together`` at once; the exit code, and where each dream's picture is."""
    from reverie.cli.run import painted_at
    from reverie.studio import check

    check(dreams)
    found = cells(dreams, names, folder, f".{output.format or 'png'}", output.overwrite)
    missing = {cell.path: cell.dream for cell in found if not cell.painted}
    there = len({cell.path for cell in found}) - len(missing)
    if there and not output.quiet:
        print(f"{there} of {there + len(missing)} pictures are in {str(folder)!r} already", file=sys.stderr)
    code = painted_at(list(missing.values()), list(missing), output, together) if missing else 0
    return code, found


def shown_in_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Figures in columns, to the right but for the first, on stdout."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 140, highlight=False, markup=False).print(table)
