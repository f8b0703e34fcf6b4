"""What is worth telling about a dream's words before they are painted: too long, misspelt, or in a language that nobody here reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reverie.craft.english import foreign, hints
from reverie.dream import Dream
from reverie.types import Literate
from reverie.vectors import INLINE

FEW = 5  # of a kind are told to people; programs get them all
SHOWN = 60  # letters of a text


@dataclass(frozen=True)
class Note:
    """One thing to tell: ``kind`` is long, spelling or language, ``line`` for people, ``facts`` for programs."""

    kind: str
    line: str
    facts: dict[str, Any] = field(default_factory=dict)


def notes(dreams: Sequence[Dream], device: str = "auto") -> list[Note]:
    """What there is to tell of some dreams' words, each thing once; raises ``BadRequest`` where a perceptor cannot be made.

    The perceptors are made, and kept for the painting that follows.
    """
    from reverie.build import component
    from reverie.plan import pick_device

    found: dict[tuple[str, str], Note] = {}
    asked = {sight.name: component("perceptor", sight.name, one, pick_device(device)) for one in dreams for sight in one.perceptors}
    known, readers = frozenset[str](), {name: eye for name, eye in asked.items() if isinstance(eye, Literate)}
    known = known.union(*(eye.known() for eye in readers.values()))
    english = [name for name, eye in readers.items() if not eye.multilingual]
    for text in dict.fromkeys(text for one in dreams for text in _typed(one)) if english else ():
        for note in _language(text, english, known):
            found[note.kind, note.line] = note
    for text in dict.fromkeys(text for one in dreams for text in _typed(one, one.templates or ("{}",))):
        for name, eye in readers.items():
            for note in _long(text, name, eye):
                found.setdefault((note.kind, f"{text} {name}"), note)
    return list(found.values())


def few(told: Sequence[Note]) -> Iterator[str]:
    """The lines for people: of each kind the first ones, and how many more there are."""
    for kind in dict.fromkeys(note.kind for note in told):
        lines = [note.line for note in told if note.kind == kind]
        most = 1 if kind == "long" else FEW
        yield from lines[:most]
        if len(lines) > most:
            yield f"  ({len(lines) - most} more such texts)"


def _typed(dream: Dream, templates: Sequence[str] = ("{}",)) -> Iterator[str]:
    """The texts, those of prompts in the templates."""
    from reverie.reading import filled

    for prompt in dream.prompts:
        if prompt.kind == "text":
            for text in (prompt.text, *(part.text for part in prompt.blend)):
                yield from filled(text, templates)
    yield from (text for text in (*dream.more, *dream.less) if not text.startswith(INLINE))


def _language(text: str, perceptors: Sequence[str], known: frozenset[str]) -> Iterator[Note]:
    tongue, who = foreign(text), " and ".join(perceptors)
    if tongue:
        line = f"{_short(text)!r} looks like {tongue}, and {who} was taught English: it will paint something, but hardly that."
        cure = "Write it in English, or paint by a perceptor of many languages."
        yield Note("language", f"{line} {cure}", {"text": text, "language": tongue, "perceptors": list(perceptors)})
        return
    for word, close in hints(text, known):
        yield Note("spelling", f"{word!r}: did you mean {close!r}?", {"text": text, "word": word, "close": close})


def _long(text: str, name: str, eye: Any) -> Iterator[Note]:
    from reverie.reading import pieces

    parts = pieces(text, eye)
    if len(parts) > 1:
        count = eye.count(text)
        said = " + ".join(repr(_short(part)) for part in parts[:4]) + (" + ..." if len(parts) > 4 else "")
        much = f"{count} pieces of words and {name} reads {eye.limit} at once"
        line = f"{_short(text)!r} has {much}: it reads {len(parts)} parts and takes their mean"
        yield Note("long", f"{line}: {said}", {"text": text, "perceptor": name, "limit": eye.limit, "pieces": count, "parts": parts})


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
