"""What can go wrong, in words for the person who asked: what was given, what exists, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ReverieError(Exception):
    """Anything that Reverie reports in one or two lines; the command line exits with ``exit_code``."""

    exit_code = 1


class BadRequest(ReverieError):
    """What was asked cannot be done as asked; nothing was started."""

    exit_code = 2


class Unsupported(BadRequest):
    """This component has no such ability (a generator that cannot encode, say)."""


class Failed(ReverieError):
    """A run that started could not be finished."""


def unknown(kind: str, given: str, known: Iterable[str]) -> BadRequest:
    """An unknown name: says what is close to it and what exists."""
    names = sorted(known)
    close = get_close_matches(given, names, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    there = f"There are: {', '.join(names)}." if names else "There are none."
    return BadRequest(f"There is no {kind} {given!r}.{hint} {there}")


def printable(text: str) -> str:
    """Text of a stranger's as a part of a line: what is no letter of one, line ends and escapes, is spelt out."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def in_a_line(error: BaseException) -> str:
    """Another package's error as a part of a line."""
    return printable(" ".join(str(error).split()))[:200].rstrip(".") or type(error).__name__
