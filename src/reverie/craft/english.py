"""Whether words are English, and what they may be misspelt from. The word lists are pyspellchecker's, of films' subtitles."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from reverie.craft.library import modifiers

LANGUAGES = {"de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch", "pt": "Portuguese"}
FEWEST = 4  # words by which a language can be told
MOST, APART = 0.7, 0.3  # shares of a text's words: measured in scripts/acceptance/craft_05_words.py
SHORTEST = 5  # letters of a word that is looked up
LONG = 7  # letters of a word that may be two letters wrong
ALIKE = 0.86
COMMON = 1000  # times that a word comes in the English list, of 1,000,000,000 or so, before it is guessed
_CAPITAL = re.compile(r"\b[A-Z]")
_TWICE = re.compile(r"(.)\1+")
_VOWELS = str.maketrans("", "", "aeiouy")
# Spellings of which the list has one alone.
BRITISH = (("our", "or"), ("ise", "ize"), ("isi", "izi"), ("isa", "iza"), ("tre", "ter"), ("lled", "led"), ("lling", "ling"), ("aes", "es"))
_WORD = re.compile(r"[^\W\d_]+")


def words(text: str) -> list[str]:
    return [word for word in _WORD.findall(unicodedata.normalize("NFC", text).lower()) if len(word) > 1]


def foreign(text: str) -> str:
    """The script or the language that a text is written in, if that is not English; else nothing.

    Of those in Latin letters six are told by their words, and others by how few are English. Texts of less than ``FEWEST`` words,
    which may be names or loans, are left alone.
    """
    scripts = Counter(unicodedata.name(letter, "?").split()[0].removesuffix("-COMPATIBILITY") for letter in text if letter.isalpha())
    script = scripts.most_common(1)[0][0] if scripts else "LATIN"
    if script != "LATIN":
        kana = scripts["HIRAGANA"] or scripts["KATAKANA"]
        return "Japanese" if kana else {"CJK": "Chinese", "HANGUL": "Korean"}.get(script, f"{script.capitalize()} letters")
    said = words(text)
    if len(said) < FEWEST:
        return ""
    ours = sum(word in dictionary("en") or word in _library() for word in said) / len(said)
    if ours > MOST:
        return ""
    best, name = max((sum(word in dictionary(code) for word in said) / len(said), name) for code, name in LANGUAGES.items())
    if best >= MOST and best - ours >= APART:
        return name
    return "another language than English" if ours <= APART else ""


def hints(text: str, known: frozenset[str]) -> list[tuple[str, str]]:
    """Words that are in no list and close to one that the perceptor knows or that is common, and that one; a capital is a name's."""
    found: dict[str, str] = {}
    for match in _WORD.finditer(text):
        word, name = match[0], match[0][0].isupper() and (match.start() > 0 or len(_CAPITAL.findall(text)) > 1)
        if len(word) >= SHORTEST and word.isascii() and not name and text[match.end() : match.end() + 1] not in ("'", "’"):
            close = _close(word.lower(), known)
            if close:
                found[word] = close
    return list(found.items())


def _close(word: str, known: frozenset[str]) -> str:
    common = dictionary("en")
    if any(one in known or one in common or one in _library() for one in (word, *(word.replace(here, there) for here, there in BRITISH))):
        return ""
    near = _one_letter_off(word)
    for there in (near & known & common.keys(), {one for one in near if common.get(one, 0) >= COMMON}):
        if there:
            return max(sorted(there), key=lambda one: (_bones(one) == _bones(word), len(one) >= len(word), common[one]))
    if len(word) < LONG:
        return ""
    long = [one for one in known if one[0] == word[0] and abs(len(one) - len(word)) < 3 and one in common]
    return next(iter(get_close_matches(word, sorted(long), n=1, cutoff=ALIKE)), "")


def _bones(word: str) -> str:
    """What a word is known by in spite of what goes wrong most: its consonants, none of them twice in a row."""
    return _TWICE.sub(r"\1", word.translate(_VOWELS))


def _one_letter_off(word: str) -> set[str]:
    """Everything that leaving out, adding, changing or swapping of neighbours makes of a word (after Norvig 2007)."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = "abcdefghijklmnopqrstuvwxyz"
    out = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    changed = {a + letter + b[1:] for a, b in cuts if b for letter in letters}
    return out | swapped | changed | {a + letter + b for a, b in cuts for letter in letters}


@cache
def _library() -> frozenset[str]:
    """What people paint with is no mistake."""
    return frozenset(word for one in modifiers() for word in words(f"{one.words} {one.name}"))


@cache
def dictionary(language: str) -> Mapping[str, int]:
    """How often each word of a language came, by its code."""
    from spellchecker import SpellChecker

    found: Mapping[str, int] = SpellChecker(language=language).word_frequency.dictionary
    return found
