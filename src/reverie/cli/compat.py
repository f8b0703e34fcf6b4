"""``reverie generate``, ``dream`` and ``imagine``: the originals' own commands; ``from-flags`` shows what becomes of one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from reverie.cli.output import Output
from reverie.prompts import show

if TYPE_CHECKING:
    from reverie.compat.translation import Translation


def generate(*words: str) -> int:
    """VQGAN-CLIP's command with its flags: reverie generate -p 'an apple' -i 300."""
    return painted("generate", words)


def dream(*words: str) -> int:
    """big-sleep's command with its flags: reverie dream 'a pyramid made of ice'."""
    return painted("dream", words)


def imagine(*words: str) -> int:
    """deep-daze's command with its flags: reverie imagine 'a house in the forest'."""
    return painted("imagine", words)


# Their words never come to the command line's own parser.
RAW: Mapping[str, Callable[..., int]] = MappingProxyType({"generate": generate, "dream": dream, "imagine": imagine})


def painted(name: str, words: Sequence[str]) -> int:
    """Say what is different here, then paint what the original's command would have painted; returns the exit code."""
    from reverie.compat.imagine import drawn
    from reverie.compat.originals import ORIGINALS, usage

    original, translate = ORIGINALS[name]
    if {"--help", "-h"} & set(words):
        print(usage(original))
        return 0
    found = drawn(translate(words))
    _say(found)
    from reverie.cli import run

    pictures, (last, _) = found.pictures, found.recipe.stages()[-1]
    output = Output(
        out=pictures.path(found.dream, datetime.now()), every=pictures.every, video=pictures.video, seconds=pictures.seconds, hold=0.0,
        overwrite=pictures.overwrite, device=pictures.device, deterministic=pictures.exact,
    )  # fmt: skip
    if pictures.over:
        return run.painted_over(last, Path(pictures.over), output)
    return run.painted([last], output, before=found.recipe.earlier(), whole=True)


def from_flags(line: Annotated[str, Parameter(help="all of it in quotes: \"generate.py -p 'an apple' -cuts 64\"")], /) -> int:
    """Show the dream that an original's command line stands for, and how Reverie's own words ask for it."""
    from reverie.compat.originals import find

    found = find(line)
    _say(found)
    if found.chance:
        print("note: no seed is given: the command draws one, and 0 stands here", file=sys.stderr)
    data = found.recipe if found.recipe.edits else found.dream
    print(json.dumps(data.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False))
    for one in found.lines():
        print(one)
    return 0


def _say(found: Translation) -> None:
    for note in found.notes:
        print("note:", note, file=sys.stderr)
    stages = found.recipe.stages()
    for number, (one, _) in enumerate(stages if len(stages) > 1 else ()):
        print(f"from step {stages[number - 1][1] if number else 0}: {show(one.prompts)}", file=sys.stderr)
