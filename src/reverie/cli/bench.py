"""``reverie bench speed|quality|peers|scale``: how fast this machine paints, and how well the models do."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from reverie.bench.rivals import PROMPT
from reverie.bench.settings import Exam
from reverie.cli.bench_peers import peers
from reverie.cli.bench_scale import scale
from reverie.cli.flags import METAVARS, dreams, with_dream_flags
from reverie.cli.flags import options as parse_options
from reverie.cli.output import DEVICE, SWITCH
from reverie.cli.paint import BATCH

app = App(name="bench")
app.command(peers)
app.command(scale)


@app.command
@with_dream_flags
def speed(
    *text: Annotated[str, Parameter(help="what to paint")],
    batch: Annotated[int, BATCH] = 1,
    device: Annotated[str, DEVICE] = "auto",
    json: Annotated[bool, SWITCH, Parameter(help="a list with one object per number format")] = False,
    **fields: Any,
) -> int:
    """Print steps per second, seconds to the first and last picture, peak memory and where a step's time goes, in fp32 and in bf16."""
    from reverie.bench.speed import FORMATS, as_json, table
    from reverie.bench.speed import speed as measure
    from reverie.studio import check

    asked = dreams(text or (PROMPT,), fields, batch)
    check(asked)
    precisions = FORMATS if fields.get("precision") is None else (asked[0].precision,)
    rows = measure(asked, device=device, precisions=precisions)
    print(as_json(rows) if json else table(rows))
    return 0


@app.command
def race(
    *,
    count: Annotated[int, Parameter(help="how many of the hundred prompts", validator=Number(gte=1, lte=100))] = 8,
    size: Annotated[str, Parameter(help="WIDTHxHEIGHT in pixels")] = "128x128",
    steps: Annotated[int | None, Parameter(help="of the original, instead of its 500", validator=Number(gte=1))] = None,
    device: Annotated[str, DEVICE] = "auto",
    json: Annotated[bool, SWITCH, Parameter(help="a list with one object per prompt")] = False,
) -> int:
    """Print how soon Reverie paints what its judge is as sure of as of what VQGAN-CLIP's algorithm ends with, built-in models for both."""
    from reverie.bench.race import as_json, table
    from reverie.bench.race import race as measure

    heats = list(measure(count, size, steps, device, lambda line: print(line, file=sys.stderr, flush=True)))
    print(as_json(heats) if json else table(heats))
    return 0


@app.command
def quality(
    *,
    asked: Annotated[Exam, Parameter(name="*", negative=())] = Exam(),  # noqa: B008 - frozen
    option: Annotated[
        list[str] | None,
        Parameter(name=["--option", "-o"], negative=(), metavar=METAVARS["options"], help="a component's own; mini.weights=FILE guides"),
    ] = None,
    json: Annotated[bool, SWITCH, Parameter(help="a list with one object per row")] = False,
) -> int:
    """Print what guide and judge recognise in drawings that no training saw, and in what Reverie paints from 100 prompts."""
    from reverie.bench.quality import as_json, table
    from reverie.bench.quality import quality as measure

    rows = list(measure(asked, parse_options(option or []), lambda line: print(line, file=sys.stderr, flush=True)))
    print(as_json(rows) if json else table(rows))
    return 0
