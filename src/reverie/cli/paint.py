"""``reverie paint TEXT``: from words to pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.flags import dreams, with_dream_flags
from reverie.cli.output import Output
from reverie.errors import BadRequest

BATCH = Parameter(help="how many pictures, with seeds from --seed up", group="The dream", validator=Number(gte=1, lte=10_000))

PRESET = Parameter(
    help="begin from the settings of an original, which other flags change: vqgan-clip, zquantize-notebook, pooling-notebook, "
    "mse-regularised, codebook-sampling, big-sleep, deep-daze, progan, or a JSON file of your own",
    group="The dream",
)


OVER = Parameter(
    help="a folder: paint over each of its pictures, in the order of their names, into --out; --video is of them all, 25 a second",
    group="The dream",
)


@with_dream_flags
def paint(
    *text: Annotated[str, Parameter(help="what to paint: text, or 'text | more text', each with an optional :weight")],
    batch: Annotated[int, BATCH] = 1,
    preset: Annotated[str | None, PRESET] = None,
    over: Annotated[Path | None, OVER] = None,
    output: Output | None = None,
    **fields: Any,
) -> int:
    """Paint a picture of what you write."""
    from reverie.cli.run import painted, painted_over

    if over is None:
        return painted(dreams(text, fields, batch, preset), output or Output())
    if batch > 1 or fields.get("init"):
        raise BadRequest("--over paints one picture over each of a folder's, which it begins from: leave --batch and --init out.")
    return painted_over(dreams(text, fields, 1, preset)[0], over, output or Output())
