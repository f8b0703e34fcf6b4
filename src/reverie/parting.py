"""Texts that are longer than what is read at once, in parts that are not: at the ends of sentences, at commas, between words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

# Where a text may be parted, the best first; a word that is too long by itself is halved.
_SEAMS = tuple(map(re.compile, (r"(?<=[.!?;。！？])\s*", r"(?<=[,:、，])\s*", r"\s+")))
_LOOSE = " \t\r\n,;:、，"


def parts(text: str, limit: int, count: Callable[[str], int]) -> list[str]:
    """The text in parts of at most ``limit`` pieces as ``count`` counts them, the text itself where it fits or ``limit`` is 0."""
    if not limit or count(text) <= limit:
        return [text]
    found: list[str] = []
    for one in _apart(text, limit, count):
        joined = f"{found[-1]} {one}" if found else one
        if found and count(joined) <= limit:
            found[-1] = joined
        else:
            found.append(one)
    return [told for one in found if (told := one.strip(_LOOSE))] or [text]


def _apart(text: str, limit: int, count: Callable[[str], int]) -> Iterator[str]:
    """Phrases that fit, as long as they come."""
    for one in _cut(text):
        if count(one) <= limit or len(one) < 2:
            yield one
        else:
            yield from parts(one, limit, count)


def _cut(text: str) -> Sequence[str]:
    for seam in _SEAMS:
        found = [one for one in seam.split(text.strip()) if one]
        if len(found) > 1:
            return found
    middle = max(1, len(text.strip()) // 2)
    return [text.strip()[:middle], text.strip()[middle:]]
