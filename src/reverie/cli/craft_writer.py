"""``reverie craft write``: prompts that write themselves, one a line, to look at or to paint."""

from __future__ import annotations

import json as as_json
from typing import Annotated

from cyclopts import Parameter

from reverie.cli.output import SWITCH
from reverie.craft.writer.settings import Sampling, Writing


def write(
    *text: Annotated[str, Parameter(help="what they are about, 'a castle'; nothing, and they are about anything")],
    asked: Annotated[Writing, Parameter(name="*", negative=())] = Writing(),  # noqa: B008 - frozen
    sampling: Annotated[Sampling, Parameter(name="*", group="A language model's")] = Sampling(),  # noqa: B008
    json: Annotated[bool, SWITCH, Parameter(help="a JSON object per line")] = False,
) -> int:
    """Write prompts, one a line: reverie craft write "a castle" --count 8 | reverie paint -"""
    from reverie.cli.flags import text as whole
    from reverie.craft.writer.write import write as written

    for prompt in written(whole(text), asked, sampling):
        print(as_json.dumps({"prompt": prompt, "engine": asked.engine, "seed": asked.seed}) if json else prompt, flush=True)
    return 0
