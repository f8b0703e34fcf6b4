"""``reverie bench speed``: how fast this machine paints."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from reverie.cli.flags import dreams, with_dream_flags
from reverie.cli.output import DEVICE, SWITCH

PROMPT = "a red apple on a blue background"

app = App(name="bench", help="Measure Reverie on this machine.")


@app.command
@with_dream_flags
def speed(
    *text: Annotated[str, Parameter(help="what to paint")],
    device: Annotated[str, DEVICE] = "auto",
    json: Annotated[bool, SWITCH, Parameter(help="a list with one object per number format")] = False,
    **fields: Any,
) -> int:
    """Print steps per second, seconds to the first and last picture, and peak memory, in fp32 and in bf16."""
    from reverie.bench.speed import FORMATS, as_json, table
    from reverie.bench.speed import speed as measure
    from reverie.studio import check

    asked = dreams(text or (PROMPT,), fields)
    check(asked)
    precisions = FORMATS if fields.get("precision") is None else (asked[0].precision,)
    rows = measure(asked[0], device=device, precisions=precisions)
    print(as_json(rows) if json else table(rows))
    return 0
