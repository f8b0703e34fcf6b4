"""File names from prompts: readable in any script, safe on any system."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reverie.dream import Dream

_LONGEST = 80  # letters
_LONGEST_BYTES = 180  # leaves room for a number and a suffix below 200
_RESERVED = re.compile(r"CON|PRN|AUX|NUL|CONIN|CONOUT|(COM|LPT)[0-9¹²³]", re.IGNORECASE)  # on Windows, with any suffix


def readable_name(text: str) -> str:
    """A file name without suffix: the letters, digits and symbols of ``text`` in any script, with - between words."""
    name = "".join(_kept(letter) for letter in unicodedata.normalize("NFC", text))
    name = _shortened("-".join(word for word in name.split()))
    return f"dream-{name}".strip("-") if not name or _RESERVED.fullmatch(name) else name


def name_of(dream: Dream) -> str:
    """A readable name from the prompts that the picture should be like, or from all where there is none; without words, from the
    picture that it begins with and the layers.
    """
    told = [prompt for prompt in dream.prompts if prompt.weight > 0] or dream.prompts
    words = [Path(prompt.text).stem if prompt.kind in ("vector", "picture") else prompt.words for prompt in told]
    return readable_name(" ".join(words or [Path(dream.init).stem, *(str(layer) for layer in dream.layers)]))


def title(dream: Dream) -> str:
    """What a dream is called where there is room for a few words."""
    return dream.prompts[0].text if dream.prompts else " ".join(map(str, dream.layers))


def numbered(path: Path) -> Iterator[Path]:
    """``path`` itself, then the same with -2, -3 and so on."""
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1


def free_name(folder: Path, dream: Dream | str, suffix: str) -> Path:
    """A path in ``folder`` that nothing has yet, named after the dream or text; ``suffix`` as ``.png``, or empty for a folder.

    Free now is not free later: ``save_picture`` makes sure of it again.
    """
    name = readable_name(dream) if isinstance(dream, str) else name_of(dream)
    return next(path for path in numbered(folder / f"{name}{suffix}") if not os.path.lexists(path))


def _kept(letter: str) -> str:
    """The letter itself, nothing for apostrophes and invisible marks, a space for all that separates."""
    category = unicodedata.category(letter)
    if category[0] in "LMN" or category == "So":
        return letter
    return "" if letter in "'’" or category == "Cf" else " "


def _shortened(name: str) -> str:
    """At most so many letters and bytes, cut between words where there is a place, never between a letter and its marks."""
    name = name.lstrip("-")
    while name and _is_mark(name[0]):
        name = name[1:].lstrip("-")
    end = min(len(name), _LONGEST)
    while len(name[:end].encode()) > _LONGEST_BYTES:
        end -= 1
    if end == len(name):
        return name
    while end > 0 and _is_mark(name[end]):
        end -= 1
    words = name[:end].rfind("-") if name[end] != "-" else end
    return name[: words if words > end // 2 else end].rstrip("-")


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter)[0] == "M"
