"""Which drafts are prompts: one line that can be painted, says something new, and is read to its end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from reverie.compat.words import reader
from reverie.craft.templates import draw
from reverie.errors import BadRequest, Failed
from reverie.prompts import parse
from reverie.tokens import words

PATIENCE = 16  # drafts for each prompt that was asked for
ARTICLES = {"a", "an", "the"}
_BULLET = re.compile(r"\s*(?:[-*•–]+\s+|\(?\d{1,3}[.):]\s+)")
_QUOTES = "\"“”«»'‘’`*"
_WORD = re.compile(r"[^\W_]")


def tidy(draft: str) -> str:
    """A draft's first line as it would be typed: without a list's number, quotes around it and marks at its end."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in draft.strip().partition("\n")[0]).split())
    line = _BULLET.sub("", line, count=1)
    if line[:1] in _QUOTES:
        line = line.lstrip(_QUOTES)
        line = re.split('["”»`]', line, maxsplit=1)[0].rstrip(_QUOTES) if line else line
    return line.rstrip(" ,;:|-–").rstrip(_QUOTES[:6]).removesuffix(".").strip()


def sift(drafts: Iterable[str], count: int, perceptor: str = "mini", given: str = "", known: Sequence[str] = ()) -> Iterator[str]:
    """The first ``count`` drafts that are prompts, each as soon as it is there.

    ``given`` is what they are to be about and to say more of; ``known``, the examples, are said already. Raises ``Failed`` when drafts
    end, or ``PATIENCE`` does, before there are enough, and says what was wrong with the rest.
    """
    said, wanted, reads = {_said(text) for text in (*known, given)}, set(_said(given)), reader(perceptor)
    dropped: Counter[str] = Counter()
    found = 0
    for tried, draft in enumerate(drafts):
        if tried == PATIENCE * count:
            break
        text = tidy(draft)
        wrong = _wrong(text, said, reads) or ("" if wanted <= set(_said(text)) else "were about something else")
        if wrong:
            dropped[wrong] += 1
            continue
        said.add(_said(text))
        found += 1
        yield text
        if found == count:
            return
    reasons = ", ".join(f"{number} {reason}" for reason, number in dropped.most_common()) or "there were no more"
    raise Failed(
        f"{found or 'None'} of {count} prompts could be written; of the other drafts, {reasons}.\n"
        "Ask for fewer, give another --seed or --examples, or raise --temperature."
    )


def _wrong(text: str, said: set[tuple[str, ...]], reads: Callable[[str], bool]) -> str:
    """What is wrong with a draft, as the end of "of the others, 3 ..."; empty where nothing is."""
    if not _WORD.search(text):
        return "were empty"
    try:
        prompts = parse(text)
        plain = draw(text, 0) == text
    except BadRequest:
        return "were no prompts"
    if not plain or any(prompt.kind != "text" for prompt in prompts):
        return "were no prompts"
    if _said(text) in said:
        return "were repeats"
    if stutters(text):
        return "said a word or phrase twice"
    return "" if all(reads(prompt.text) for prompt in prompts) else "were too long to be read"


def stutters(text: str) -> bool:
    """Whether a word follows itself, or a phrase between commas comes again."""
    phrases = [tuple(words(phrase)) for phrase in re.split("[,;|]", text)]
    letters = words(text)
    return len(set(phrases)) < len(phrases) or any(one == other for one, other in zip(letters, letters[1:], strict=False))


def _said(text: str) -> tuple[str, ...]:
    """The words by which two prompts are compared."""
    return tuple(word for word in words(text) if _WORD.search(word) and word not in ARTICLES)
