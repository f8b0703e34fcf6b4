"""Engine one: a grammar, which is lists in the syntax of templates (``grammars/``). Instant and offline.

Of ours, ``whole`` writes with all of the modifier library, and ``taught`` only with what the built-in models were taught.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from reverie.checkpoints.yamls import read_yaml
from reverie.craft.templates import Lists, draw
from reverie.errors import BadRequest, unknown
from reverie.rng import Rng
from reverie.tokens import words

FOLDER = Path(__file__).parent / "grammars"
TAUGHT, WHOLE = "taught", "whole"
SUFFIXES = (".yaml", ".yml")
START, SUBJECT, SCENE = "prompt", "subject", "scene"
BRIEF = 4  # words of a subject that leave room for where it is
AGAIN = 50  # draws, of which one says no word twice
LITTLE = 3  # letters of words that may come again: a, of, the

_ARTICLE = re.compile(r"\b(an?) (?=(\w[\w'’-]*))")
# Which sound a word begins with is not always what its first letter says.
_VOWEL = re.compile(
    r"(?!uni(?![dmn])|us[aeiu]|u[bt]i|uku|ukr|ute|uto|ufo|eu|ewe|one(?!i)|once)[aeiou]|hour|honest|honou?r|heir|8|1[18](\d\d)?(?!\d)"
)


def drafts(given: str, seed: int, grammar: str = WHOLE) -> Iterator[str]:
    """Prompts without end, the same for a seed; ``given`` stands in each. Raises ``BadRequest`` for what is no grammar."""
    lists, template = _over(read_grammar(grammar), given), f"__{START}__"
    said = set(_long(given))

    def drawn(number: int) -> str:
        for turn in range(AGAIN):
            text = articled(draw(template, Rng(seed).key(f"grammar {number}", turn), lists=lists))
            rest = [word for word in _long(text) if word not in said]
            if len(set(rest)) == len(rest):
                break
        return text

    return map(drawn, count())


def read_grammar(name: str) -> Lists:
    """The lists of one of our grammars or of a file, by name; raises ``BadRequest`` for what is none."""
    path = Path(name) if name.endswith(SUFFIXES) else FOLDER / f"{name}.yaml"
    if path.parent == FOLDER and not path.is_file():
        raise BadRequest(f"{unknown('grammar', name, [one.stem for one in FOLDER.glob('*.yaml')])} One of your own is a file: mine.yaml.")
    found = read_yaml(path)
    if not isinstance(found, dict) or not found.get(START):
        raise BadRequest(
            f"{path} is no grammar: it is YAML with lists, of which one is called {START!r}. To start from: {FOLDER / WHOLE}.yaml."
        )
    for name, lines in found.items():
        if not isinstance(lines, list) or not lines or not all(isinstance(line, (str, int, float)) for line in lines):
            raise BadRequest(f"{path}: {name!r} is no list of texts. Put quotes around those with a colon, a # or a brace at the start.")
    return {str(name): [str(line) for line in lines] for name, lines in found.items()}


def articled(text: str) -> str:
    """With ``an`` before words that begin with a vowel's sound, and ``a`` before others; capitals may be read as letters, and are left."""

    def right(found: re.Match[str]) -> str:
        if found[2][:2].isupper():
            return found[0]
        return "an " if _VOWEL.match(found[2].lower()) else "a "

    return _ARTICLE.sub(right, text)


def _over(lists: Lists, given: str) -> Lists:
    """With what was asked for in place of the subject, or of the scene."""
    if not given:
        return lists
    place = SUBJECT if len(given.split()) <= BRIEF else SCENE
    return {**lists, place: [re.sub(r"([{}_$%\\])", r"\\\1", given)]}


def _long(text: str) -> list[str]:
    """Its words without little ones, one and many alike."""
    return [word.rstrip("s") for word in words(text) if len(word) > LITTLE]
