"""``reverie craft direction``: a way from one kind of words to another, as a vector to push prompts along."""

from __future__ import annotations

import json as as_json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from reverie.cli.output import SWITCH
from reverie.errors import BadRequest

LIST = "texts between bars, or a file with a line each"


def direction(
    *,
    more: Annotated[str, Parameter(help=f"what it leads to: {LIST}")] = "",
    less: Annotated[str, Parameter(help=f"what it leads away from: {LIST}")] = "",
    out: Annotated[Path, Parameter(help="the vector's file, .safetensors")] = Path("direction.safetensors"),
    perceptor: Annotated[str, Parameter(help="who reads the texts; the vector is of no use to another")] = "mini",
    option: Annotated[
        list[str] | None, Parameter(name=["--option", "-o"], negative=(), metavar="C.O=VALUE", help="the perceptor's own")
    ] = None,
    overwrite: Annotated[bool, SWITCH, Parameter(help="let --out replace a file that exists")] = False,
    json: Annotated[bool, SWITCH, Parameter(help="an object with what it was made of and how well it tells the two apart")] = False,
) -> int:
    """Make a direction of example texts: use it as reverie "a castle" --more summer.safetensors --push 0.5."""
    from reverie.cli.flags import options
    from reverie.craft.lists import listed
    from reverie.dream import Dream

    if not (more or less):
        raise BadRequest("A direction leads to something or away from it: give --more 'summer | a sunny day', --less, or both.")
    if out.suffix != ".safetensors":
        raise BadRequest(f"--out {str(out)!r}: a direction is a .safetensors file.")
    sides = {name: listed(name, value) for name, value in (("more", more), ("less", less))}
    asked = Dream("any", perceptors=perceptor, options=options(option or []), **sides)
    from reverie.craft.directions import made

    told = made(asked, out, overwrite)
    if json:
        print(as_json.dumps(told))
        return 0
    for name, leaning in told["leaning"].items():
        print(f"{name}: {leaning[0]:+.2f} along it on average, {leaning[1]:+.2f} to {leaning[2]:+.2f}", file=sys.stderr)
    if told["mixed"]:
        print("note: the examples are not all on their sides of it: the perceptor hardly tells the two lists apart", file=sys.stderr)
    print(out)
    return 0
