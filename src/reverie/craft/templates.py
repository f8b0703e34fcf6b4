r"""Prompts that draw their own words: ``{red|blue} fox``, ``__colours__``, ``${x=...}``, in the syntax of dynamicprompts.

That library reads templates only: a text without braces and without two underscores in a row comes back as it is. ``|`` outside of braces
still separates prompts. ``\{`` ``\}`` ``\_`` ``\$`` ``\%`` stand for the character itself, and a prompt in double quotes is all text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reverie.craft.hiding import hide, shown
from reverie.paths import wildcards_dir
from reverie.rng import Rng

MOST = 256  # combinations
Lists = Mapping[str, list[str]]
_PLAIN = re.compile(r"(?!.*(?:[{}]|_\\?_)).*", re.DOTALL)
_SYNTAX = re.compile(r"\{|__[^_\s{}](?:(?!__)[^{}])*__")


def draw(template: str, seed: int, folders: Sequence[Path] = (), lists: Lists | None = None) -> str:
    """The text that a dream of this seed draws, the same every time; a text that is no template comes back as it is.

    ``folders``: where wildcards lie beside Reverie's home. ``lists``: more of them, by name, which come before all others. Raises
    ``BadRequest`` for what cannot be understood or found.
    """
    return next(iter(_drawn(template, seed, folders, None, lists)))


def every(template: str, folders: Sequence[Path] = ()) -> list[str]:
    """All texts that it can become, each once; raises ``BadRequest`` for more than ``MOST``."""
    return _drawn(template, 0, folders, MOST)


def _drawn(template: str, seed: int, folders: Sequence[Path], most: int | None, lists: Lists | None = None) -> list[str]:
    if _PLAIN.fullmatch(template):
        return [template]
    hidden = hide(template)
    if not _SYNTAX.search(hidden):
        return [shown(hidden)]
    from reverie.craft.drawing import drawn  # imports the library, which takes a moment

    found = drawn(hidden, Rng(seed).key("words"), (wildcards_dir(), *folders), most, lists or {})
    return [" ".join(shown(text).split()) for text in found]
