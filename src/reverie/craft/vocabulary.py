"""The words that a picture is compared with, by category, and how they stand in a prompt. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reverie.craft.library import modifiers
from reverie.craft.lists import lines
from reverie.data.captions import article
from reverie.data.words import COLOURS, GROUNDS, STYLES

# The library's colour words are of whole pictures; "colour" is that of the thing here.
NAMES = {"colour": "colours", "site-and-quality": "quality"}


@dataclass(frozen=True)
class Scene:
    """What is said of a picture so far: a thing, its colour, where it is, and what follows after commas."""

    thing: str
    colour: str = ""
    ground: str = ""
    more: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join((f"{article(f'{self.colour} {self.thing}'.strip())} {self.ground}".strip(), *self.more))

    def plus(self, category: str, phrase: str) -> Scene:
        """The same with one more phrase, or another in its place where there is room for one."""
        if category in ("thing", "colour", "ground"):
            return replace(self, **{category: phrase})  # type: ignore[arg-type]
        return replace(self, more=(*self.more, phrase))


def lists(things: Sequence[str], taught: bool, files: Sequence[Path] = ()) -> dict[str, tuple[str, ...]]:
    """Phrases by category: these things, colours and grounds, and the modifier library, or only the styles that Reverie's own perceptor
    was ``taught``; then a reader's own lists, each a category by its file's name, or more of one that there is.
    """
    grounds = [way for ways in GROUNDS.values() for way in ways]
    found: dict[str, list[str]] = {
        "thing": list(things),
        "colour": list(COLOURS),
        "ground": [*grounds, *(f"on a {colour} background" for colour in COLOURS)],
    }
    if taught:
        found["style"] = [ways[0] for ways in STYLES.values()]
    else:
        told = set(found["ground"])
        for one in modifiers():
            if one.words not in told:
                found.setdefault(NAMES.get(one.category, one.category), []).append(one.words)
    for file in files:
        found.setdefault(file.stem, []).extend(lines(file, "words"))
    return {category: tuple(dict.fromkeys(phrases)) for category, phrases in found.items()}


def said(text: str, by: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Of each category the longest phrase that stands in a text as whole words; none where there is none."""
    padded = f" {_plain(text)} "
    found = {}
    for category, phrases in by.items():
        there = [phrase for phrase in phrases if f" {_plain(phrase)} " in padded]
        if there:
            found[category] = max(there, key=len)
    return found


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())
