"""What is text in a template, hidden from the library that draws: it takes ``#``, ``//``, ``$5`` and ``100%`` for syntax of its own."""

from __future__ import annotations

import re

_TEXT = re.compile(
    r'(?P<before>(?:\A|\|)\s*)(?P<quoted>"(?:\\.|[^"\\])*")(?=\s*(?:[@:|]|\Z))'
    r"|\\(?P<escaped>[{}_$%|\\])"
    r"|(?P<literal>[#/]|%(?!\{)|(?<!\$)\$(?![{$]))",
    re.DOTALL,
)
# Code points that are no characters and stand in for those that are text, and for a bar that stays escaped.
_HIDDEN = {letter: chr(0xFDD0 + number) for number, letter in enumerate("{}_$%#/|")}
_BAR = chr(0xFDD0 + len(_HIDDEN))
_HIDE, _SHOW = str.maketrans(_HIDDEN), str.maketrans({**{code: letter for letter, code in _HIDDEN.items()}, _BAR: r"\|"})


def hide(text: str) -> str:
    r"""The text with all that is no syntax of a template hidden: quoted prompts, ``\{`` and what the library would misread."""
    return _TEXT.sub(_hidden, text)


def shown(text: str) -> str:
    """What ``hide`` hid, as it is written in a prompt."""
    return text.translate(_SHOW)


def _hidden(found: re.Match[str]) -> str:
    if found["quoted"]:
        return found["before"] + found["quoted"].translate(_HIDE)
    if found["escaped"]:
        return {"|": _BAR, "\\": r"\\"}.get(found["escaped"]) or found["escaped"].translate(_HIDE)
    return found["literal"].translate(_HIDE)
