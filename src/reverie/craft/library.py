"""The modifier library: words to add to a prompt, by category, each with a note of what it stands for.

The data is in ``modifiers/``, a JSON file per category. Artists in it died before 1950: a living artist's name is for whoever paints
to type. What a note says is general knowledge about the words and no measurement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.errors import BadRequest, unknown
from reverie.tokens import words as letters

FOLDER = Path(__file__).parent / "modifiers"
CATEGORIES = (
    "medium", "technique", "movement", "artist", "era", "light", "colour", "composition", "mood", "site-and-quality",
)  # fmt: skip


@dataclass(frozen=True)
class Modifier:
    """One entry: ``words`` are what it adds to a prompt, ``years`` an artist's, ``taught`` whether the built-in models were taught them."""

    name: str
    category: str
    words: str
    note: str
    years: str = ""

    @property
    def taught(self) -> bool:
        return self.words in _taught()


@cache
def modifiers() -> tuple[Modifier, ...]:
    """All of them, category by category."""
    return tuple(
        Modifier(name, category, **entry)
        for category in CATEGORIES
        for name, entry in json.loads((FOLDER / f"{category}.json").read_text(encoding="utf-8"))["modifiers"].items()
    )


def about(category: str) -> str:
    """One sentence about a category."""
    return str(json.loads((FOLDER / f"{category}.json").read_text(encoding="utf-8"))["about"])


def named(name: str) -> Modifier:
    """The modifier of this name; raises ``BadRequest`` that says what is close to it."""
    there = {one.name: one for one in modifiers()}
    if name.lower() not in there:
        told = str(unknown("modifier", name, there)).partition(" There are: ")[0]
        raise BadRequest(
            f"{told} `reverie craft list` shows all, `reverie craft list light` some.\nA + that is text goes into the prompt's quotes."
        )
    return there[name.lower()]


def find(words: Sequence[str] = ()) -> list[Modifier]:
    """Those of a category, or in whose name, words, note or category every one of the words begins a word; all where there are none."""
    if len(words) == 1 and words[0].lower() in CATEGORIES:
        return [one for one in modifiers() if one.category == words[0].lower()]
    wanted = [piece for word in words for piece in letters(word)]
    return [one for one in modifiers() if all(any(has.startswith(piece) for has in _letters(one)) for piece in wanted)]


def _letters(one: Modifier) -> list[str]:
    return letters(f"{one.name} {one.words} {one.note} {one.category}")


@cache
def _taught() -> frozenset[str]:
    """The words with which the scenes were told on which the built-in models were trained."""
    said = [word for kinds in (STYLES, GROUNDS) for ways in kinds.values() for word in ways]
    return frozenset([*said, *(f"on a {colour} background" for colour in COLOURS)])
