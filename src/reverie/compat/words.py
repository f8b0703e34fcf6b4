"""The originals' prompts as Reverie's: what they separate by ``|``, ``^`` and ``:``, and stories."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from reverie.clip_tokens import words as clip_words
from reverie.errors import BadRequest
from reverie.paths import package_weights
from reverie.prompts import Prompt, is_weight
from reverie.tokens import Tokenizer

Prompts = tuple[Prompt, ...]
CLIP_READS = 75  # tokens beside the first and the last
LONG_WORD = 6  # letters of a token, at the least: rather drop a word too many than have one cut


def weighed(text: str, kind: str = "text") -> tuple[Prompt, str]:
    """VQGAN-CLIP's ``text:weight:stop`` and what is to be said about it.

    It took whatever follows the last two colons for numbers, so that ``Blade Runner: 2049`` weighed 2049 and ``foo: bar`` failed.
    Here a number counts where Reverie's own prompts would have it count, and all else is text; a stop may be a whole number.
    """
    whole = text.strip()
    for count in (2, 1):
        parts = whole.rsplit(":", count)
        if len(parts) == count + 1 and parts[0].strip() and is_weight(parts[0], parts[1]) and (count == 1 or _is_number(parts[2])):
            weight, stop = float(parts[1]), float(parts[2]) if count == 2 else -math.inf
            if not math.isfinite(weight) or math.isnan(stop) or stop == math.inf:
                raise BadRequest(f"The prompt {whole!r}: a weight and a stop are numbers such as 0.5 or -1.")
            made = Prompt(text=parts[0].strip(), kind=kind, weight=weight, stop=None if stop == -math.inf else stop)  # type: ignore[arg-type]
            return made, ""
    last = whole.rpartition(":")
    note = (
        f"{whole!r} is all text; for a weight, write it at the colon: {last[0]}:{last[2].strip()}.0" if _is_number(last[2].strip()) else ""
    )
    if not whole:
        raise BadRequest("An empty prompt: each side of a | or ^ needs text.")
    return Prompt(text=whole, kind=kind), note if last[1] and kind == "text" else ""  # type: ignore[arg-type]


def phrases(text: str, separator: str = "|", weight: float = 1.0) -> Prompts:
    """big-sleep's phrases, each a prompt as it stands."""
    return tuple(Prompt(text=phrase.strip(), weight=weight) for phrase in text.split(separator) if phrase.strip())


def _is_number(text: str) -> bool:
    with suppress(ValueError):
        return text.strip() == text and not math.isnan(float(text))
    return False


def reader(perceptor: str) -> Callable[[str], bool]:
    """Whether a guide reads a text to its end: exactly for the built-in one, and else by a careful guess at CLIP's tokens."""
    if perceptor == "mini":
        header = _built_in()
        return Tokenizer(header["pieces"], header["config"]["length"]).fits
    return lambda text: sum(-(-len(word) // LONG_WORD) for word in clip_words(text)) <= CLIP_READS


def _built_in() -> dict[str, Any]:
    """What the built-in guide's file says of itself."""
    with (package_weights() / "mini-clip.safetensors").open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        found: dict[str, Any] = json.loads(json.loads(file.read(length))["__metadata__"]["reverie"])
    return found


def story(text: str, start: int, more: int, separator: str, fits: Callable[[str], bool]) -> list[str]:
    """deep-daze's story: what each epoch is painted of.

    With a ``separator`` that the text has, a part for each epoch; else a window that begins with ``start`` words and takes in
    ``more`` each time, and loses its first words once it is too long to be read. deep-daze counted letters for that, 77 of them.
    """
    if separator and separator in text:
        parts = [part.strip() for part in text.split(separator)]
        if not any(parts):
            raise BadRequest(f"The story consists of {separator!r} alone: there is nothing to paint.")
        return [part for part in parts if part]
    return list(_windows(text.split(), max(1, start), max(1, more), fits))


def _windows(words: Sequence[str], start: int, more: int, fits: Callable[[str], bool]) -> Iterator[str]:
    for end in range(start, len(words) + more, more):
        window = list(words[:end])
        while len(window) > 1 and not fits(" ".join(window)):
            window.pop(0)
        yield " ".join(window)


def picture(path: str | Path, weight: float = 1.0) -> Prompt:
    return Prompt(text=str(path), kind="picture", weight=weight)
