r"""Prompts that draw their own words: ``{red|blue} fox``, ``__colours__``, ``${x=...}``, in the syntax of dynamicprompts.

That library reads templates only: a text without braces and without two underscores in a row comes back as it is. ``|`` outside of braces
still separates prompts. ``\{`` ``\}`` ``\_`` ``\$`` ``\%`` stand for the character itself, and a prompt in double quotes is all text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from reverie.craft.hiding import hide, shown
from reverie.paths import wildcards_dir
from reverie.rng import Rng

MOST = 256  # combinations
_PLAIN = re.compile(r"(?!.*(?:[{}]|_\\?_)).*", re.DOTALL)
_SYNTAX = re.compile(r"\{|__[^_\s{}](?:(?!__)[^{}])*__")


def draw(template: str, seed: int, folders: Sequence[Path] = ()) -> str:
    """The text that a dream of this seed draws, the same every time; a text that is no template comes back as it is.

    ``folders``: where wildcards lie beside Reverie's home. Raises ``BadRequest`` for what cannot be understood or found.
    """
    return next(iter(_drawn(template, seed, folders, None)))


def every(template: str, folders: Sequence[Path] = ()) -> list[str]:
    """All texts that it can become, each once; raises ``BadRequest`` for more than ``MOST``."""
    return _drawn(template, 0, folders, MOST)


def _drawn(template: str, seed: int, folders: Sequence[Path], most: int | None) -> list[str]:
    if _PLAIN.fullmatch(template):
        return [template]
    hidden = hide(template)
    if not _SYNTAX.search(hidden):
        return [shown(hidden)]
    from reverie.craft.drawing import drawn  # imports the library, which takes a moment

    return [" ".join(shown(text).split()) for text in drawn(hidden, Rng(seed).key("words"), (wildcards_dir(), *folders), most)]
