"""``reverie paint TEXT``: from words to pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.flags import dreams, with_dream_flags
from reverie.cli.output import Output
from reverie.cli.wording import Wording
from reverie.errors import BadRequest

BATCH = Parameter(help="how many pictures, with seeds from --seed up", group="The dream", validator=Number(gte=1, lte=10_000))

PRESET = Parameter(
    help="begin from the settings of an original, which other flags change: vqgan-clip, zquantize-notebook, pooling-notebook, "
    "mse-regularised, codebook-sampling, big-sleep, deep-daze, progan, or a JSON file of your own",
    group="The dream",
)

BUDGET = Parameter(
    help="instead of --steps: take as many as fit into this time on this machine, 30s, 2m or 1h30m; with --stop-at at most as many",
    group="The dream",
)

BEST_OF = Parameter(
    help="try so many seeds, from --seed up, small or short, and paint the one of which the judge is surest; with --batch, the best ones",
    group="The dream",
    validator=Number(gte=1, lte=10_000),
)


OVER = Parameter(
    help="a folder: paint over each of its pictures, in the order of their names, into --out; --video is of them all, 25 a second",
    group="The dream",
)


@with_dream_flags
def paint(
    *text: Annotated[
        str,
        Parameter(
            help="what to paint: text, or 'text | more text', each with an optional :weight; 'a && b' blends two; {a|b} draws "
            "one; +oil-painting adds words; - reads a text from each line of standard input"
        ),
    ],
    batch: Annotated[int, BATCH] = 1,
    preset: Annotated[str | None, PRESET] = None,
    over: Annotated[Path | None, OVER] = None,
    budget: Annotated[str | None, BUDGET] = None,
    best_of: Annotated[int | None, BEST_OF] = None,
    wording: Wording = Wording(),  # noqa: B008 - frozen
    output: Output | None = None,
    **fields: Any,
) -> int:
    """Paint a picture of what you write."""
    from reverie.budget import seconds
    from reverie.cli.run import painted, painted_over
    from reverie.cli.settle import Search
    from reverie.search import groups

    if over is not None:
        if batch > 1 or fields.get("init") or budget is not None or best_of is not None:
            raise BadRequest("--over begins a painting from each picture of a folder: leave --batch, --init, --budget and --best-of out.")
        wanted = dreams(text, fields, 1, preset)
        if len(wanted) > 1:
            raise BadRequest(f"--over paints one text over each picture, and {len(wanted)} lines came: give one.")
        return painted_over(wanted[0], over, output or Output())
    if budget is not None and fields.get("steps") is not None:
        raise BadRequest(f"--budget {budget} and --steps {fields['steps']} both say how long to paint: give one of them.")
    wanted = dreams(text, fields, batch, preset, wording)
    if best_of is not None:
        groups(wanted, best_of)
    search = Search(None if budget is None else seconds(budget), best_of)
    return painted(wanted, output or Output(), search=search)
