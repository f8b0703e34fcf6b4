"""``reverie craft list|styles|direction|write``: words and styles to paint with."""

from __future__ import annotations

import json as as_json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from reverie.cli.craft_ablate import ablate
from reverie.cli.craft_test import test
from reverie.cli.craft_words import direction
from reverie.cli.craft_writer import write
from reverie.cli.output import SWITCH

app = App(name="craft")
app.command(test)
app.command(ablate)
app.command(direction)
app.command(write)
Json = Annotated[bool, SWITCH, Parameter(help="a JSON object per line")]


@app.command(name="list")
def list_(*words: Annotated[str, Parameter(help="a category, or words to search for")], json: Json = False) -> int:
    """List modifiers: use them as reverie "a castle" +oil-painting +golden-hour."""
    from reverie.craft.library import CATEGORIES, about, find
    from reverie.errors import unknown

    found = find(words)
    for one in found if json else []:
        print(as_json.dumps({**asdict(one), "taught": one.taught}))
    if not found:
        print(f"No modifier has all of that in it. {unknown('category', ' '.join(words), CATEGORIES)}", file=sys.stderr)
    elif not json:
        rows = [
            (one.name, one.category, one.words, f"{one.note}{f' ({one.years})' if one.years else ''}", "*" if one.taught else "")
            for one in found
        ]
        _show(("name", "category", "adds", "what it stands for", ""), rows)
        if len({one.category for one in found}) == 1:
            print(f"{found[0].category}: {about(found[0].category)}", file=sys.stderr)
        print("* the built-in models were taught these words. None of the notes is a measurement.", file=sys.stderr)
    return 0


@app.command
def styles(*, json: Json = False) -> int:
    """List styles: use them as reverie "a castle" --style old-master, or --style mine.yaml."""
    from reverie.craft.styles import style
    from reverie.craft.styles import styles as there
    from reverie.paths import styles_dir

    found = {name: style(name) for name in sorted(there())}
    for name, one in found.items() if json else ():
        print(as_json.dumps({"name": name, "path": str(there()[name]), **one.model_dump(mode="json")}))
    if not json:
        rows = [(name, one.about, one.prompt, ", ".join(one.modifiers), ", ".join(one.dream)) for name, one in found.items()]
        _show(("name", "about", "prompt", "modifiers", "sets"), rows)
        print(f"Yours are YAML files: give one as --style mine.yaml, or keep it in {styles_dir()}.", file=sys.stderr)
    return 0


def _show(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(*titles, box=SIMPLE_HEAD, pad_edge=False)
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 140, highlight=False, markup=False).print(table)
