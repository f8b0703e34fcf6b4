"""``reverie bench peers``: the programs that Reverie carries on from, beside it."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from reverie.bench.rivals import Rivals
from reverie.cli.output import SWITCH


def peers(
    *,
    asked: Annotated[Rivals, Parameter(name="*", negative=())] = Rivals(),  # noqa: B008 - frozen
    json: Annotated[bool, SWITCH, Parameter(help="an object with the machine and one object per row")] = False,
) -> int:
    """Print how fast deep-daze, big-sleep and VQGAN-CLIP are here as they ship, beside Reverie's presets of the same work.

    An environment for them is made once in Reverie's cache, by pip; networks have full size and chance weights.
    """
    from reverie.bench.peers import peers as measure
    from reverie.bench.peers import table
    from reverie.bench.tables import as_json

    found = measure(asked, lambda line: print(line, file=sys.stderr, flush=True))
    print(as_json(found) if json else table(found))
    return 0
