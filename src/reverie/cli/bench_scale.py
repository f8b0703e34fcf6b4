"""``reverie bench scale``: how the cost of a dream grows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from reverie.bench.rivals import PROMPT
from reverie.cli.flags import dreams, with_dream_flags
from reverie.cli.output import DEVICE, SWITCH


@with_dream_flags
def scale(
    *text: Annotated[str, Parameter(help="what to paint")],
    vary: Annotated[
        list[str] | None, Parameter(negative=(), help="batch, size or views, also with values: size=128,256; all three by default")
    ] = None,
    laps: Annotated[int, Parameter(help="steps that count in each row, after those that warm up")] = 3,
    limit: Annotated[float, Parameter(help="seconds: what is larger than a row that takes longer per step is left out")] = 60.0,
    keep: Annotated[Path | None, Parameter(help="file of what was measured so far; a benchmark that was stopped goes on from it")] = None,
    device: Annotated[str, DEVICE] = "auto",
    json: Annotated[bool, SWITCH, Parameter(help="an object with the machine and one object per row")] = False,
    **fields: Any,
) -> int:
    """Print seconds per step, pictures per hour and peak memory as batch, size and views grow from a base dream."""
    from reverie.bench.ledger import Ledger
    from reverie.bench.scale import Climb, ladders, table
    from reverie.bench.scale import scale as measure
    from reverie.bench.tables import as_json
    from reverie.studio import check

    asked = dreams(text or (PROMPT,), fields)
    varied, climb = ladders(vary or ()), Climb(laps, limit, device)
    check(asked)
    found = measure(asked[0], varied, climb, Ledger(keep), lambda line: print(line, file=sys.stderr, flush=True))
    print(as_json(found) if json else table(found))
    return 0
