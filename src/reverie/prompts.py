r"""Prompts: structured first; the text language is sugar.

``|`` separates prompts that all hold at once. ``text:weight`` and ``text:weight:stop`` end one. A colon is text
unless a weight is unmistakable:

* the number ends the prompt and touches its colon: ``surreal:0.5``, ``fog:-1``; not ``Blade Runner: 2049``;
* it has a sign or a decimal point, or is at most 100: ``weird:2``; not ``Blade Runner:2049``;
* after a digit or a space it has a sign, or is written as ``0.5``: ``Blade Runner 2049:0.5``; not ``12:30``, ``cat :3``;
* right after a host an integer is a port: ``http://localhost:80``; ``http://x/y.png:2`` has a weight;
* a stop has a sign or a decimal point: ``fire:1:0.3``; not ``ratio:4:3``.

A prompt that is the name or address of a picture (``cat.jpg``, ``https://x/y.png``) asks to be like that picture, and
``noise(7)`` to be like nothing in particular: a chance direction, by its number. A file of numbers (``fox.npy``,
``fox.safetensors``) is a vector of the perceptor's own, to be like what it was made from. ``@left`` at the end limits a prompt to
a part of the frame: left, right, top, bottom, centre, top-left and so on, or the white of a mask (``@mask.png``).

Double quotes around a whole prompt make all of it text, and any place and number after them count: ``"1984"@left:2``.
``\|`` ``\:`` ``\"`` ``\\`` stand for the character itself; every other backslash is text.
A weight of 0 is allowed and counts for nothing: it switches a prompt off. Decimal commas, NaN and infinity are errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reverie.errors import BadRequest
from reverie.regions import NAMED

_ESCAPE = re.compile(r'\\([|:"\\])')
_SPECIAL = re.compile(r'([|:"\\])')
_COLON = re.compile(r'\\[|:"\\]|(:)')
_PROMPT = re.compile(
    r'\s*"(?P<quoted>(?:\\.|[^"\\])*+)"(?:\s*@(?P<region>[^\s|:"]+))?(?::(?P<numbers>[^\s|]+))?\s*\|'
    r'|(?P<plain>(?:\\[|:"\\]|[^|])*+)\|',
    re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_MEANT = re.compile(_NUMBER.pattern + r"|[+-]?([0-9]*,[0-9]+|nan|inf|infinity)", re.IGNORECASE)
_AFTER_DIGIT = re.compile(r"[+-].*|[0-9]?[.,][0-9]+.*|nan|inf.*", re.IGNORECASE)
_MARKED = re.compile(r".*[+\-.,].*|nan|inf.*", re.IGNORECASE)
_HOST = re.compile(r"://[^/\s]*\Z")
_PICTURE = re.compile(r".*\.(png|jpe?g|webp|avif|gif|bmp|tiff?)|https?://\S+", re.IGNORECASE | re.DOTALL)
_VECTOR = re.compile(r".*\.(npy|safetensors)", re.IGNORECASE | re.DOTALL)
NOISE = re.compile(r"noise\(([0-9]{1,18})\)")
_PLACED = re.compile(r"(?P<words>.*\S)\s+@(?P<region>\S+)", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST_BARE_WEIGHT = 100


def _has_text(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty prompt")
    if _SURROGATE.search(text):
        raise ValueError("this is not valid Unicode text")
    return text


class Prompt(BaseModel):
    """Something the picture should be like (``weight`` > 0) or unlike (< 0).

    ``stop`` ends the pull once the spherical distance (0..4.93, 0 = alike) falls below it; for negative weights
    it is negative, and the push ends once the distance exceeds its magnitude. Of a picture ``text`` is its file or
    address, of a vector its file, of noise ``noise(7)``. ``region`` is a name of ``regions.NAMED`` or a mask picture.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: Annotated[str, AfterValidator(_has_text)]
    kind: Literal["text", "picture", "noise", "vector"] = "text"
    weight: float = Field(default=1.0, allow_inf_nan=False)
    stop: float | None = Field(default=None, allow_inf_nan=False)
    region: str | None = Field(default=None, min_length=1)

    def files(self) -> dict[str, str]:
        """The files on this machine that it names, by field."""
        named = {"text": self.text if self.kind in ("picture", "vector") else None, "region": None if self.region in NAMED else self.region}
        return {field: name for field, name in named.items() if name and "://" not in name}

    def portable(self) -> Prompt:
        """Without the folders of the machine that painted it."""
        return self.model_copy(update={field: Path(name).name or name for field, name in self.files().items()})


def parse(text: str) -> tuple[Prompt, ...]:
    """The prompts that ``text`` stands for; raises ``BadRequest`` for an empty one or a weight that is no number."""
    if _SURROGATE.search(text):
        raise BadRequest(f"The prompt {ascii(text)} is not valid Unicode text.")
    if not text.strip():
        raise BadRequest("An empty prompt: say what to paint, as in 'a red fox'.")
    prompts: list[Prompt] = []
    for found in _PROMPT.finditer(text + " |"):  # the space keeps a last backslash from escaping this bar
        if found["quoted"] is not None:
            raw, numbers, kind = found["quoted"], found["numbers"].split(":") if found["numbers"] else [], "text"
            region = _region(found["region"]) if found["region"] else None
        else:
            raw, numbers = _weighed(found["plain"].strip())
            raw, region = _placed(raw)
            kind = _kind(raw)
        words = _ESCAPE.sub(r"\1", raw)
        if not words.strip():
            raise BadRequest(f"An empty prompt in {text!r}: each side of a | needs text; write \\| for a bar that is text.")
        prompts.append(_prompt(words, numbers).model_copy(update={"kind": kind, "region": region}))
    return tuple(prompts)


def show(prompts: Iterable[Prompt]) -> str:
    """The text that parses to these prompts: as plain as it can be, in quotes where it must."""
    return " | ".join(_written(prompt) for prompt in prompts)


def explain(prompts: Iterable[Prompt]) -> str:
    """What was understood, one line per prompt: its text, weight and stop."""
    return "\n".join(_line(prompt) for prompt in prompts)


def _weighed(raw: str) -> tuple[str, list[str]]:
    """A prompt without quotes, cut before its weight and stop where these are unmistakable."""
    colons = [found.start() for found in _COLON.finditer(raw) if found[1]]
    for colon in colons[-2:]:
        text, numbers = raw[:colon], raw[colon + 1 :].split(":")
        if is_weight(text, numbers[0]) and all(_MEANT.fullmatch(stop) and _MARKED.fullmatch(stop) for stop in numbers[1:]):
            return text.strip(), numbers
    return raw, []


def is_weight(before: str, number: str) -> bool:
    """Whether ``number`` is meant as a weight of the text ``before`` its colon."""
    if not _MEANT.fullmatch(number):
        return False
    if before[-1:].isdigit() or before[-1:].isspace():
        return bool(_AFTER_DIGIT.fullmatch(number))
    if _MARKED.fullmatch(number):
        return True
    return not _HOST.search(before) and float(number) <= _LARGEST_BARE_WEIGHT


def _kind(text: str) -> str:
    for kind, pattern in (("picture", _PICTURE), ("vector", _VECTOR), ("noise", NOISE)):
        if pattern.fullmatch(text):
            return kind
    return "text"


def _placed(raw: str) -> tuple[str, str | None]:
    """A prompt without the place at its end, where that is unmistakable."""
    found = _PLACED.fullmatch(raw)
    if not found or not (found["region"] in NAMED or _kind(found["region"]) == "picture"):
        return raw, None
    return found["words"], found["region"]


def _region(given: str) -> str:
    if given not in NAMED and _kind(given) != "picture":
        raise BadRequest(f"There is no region {given!r}. There are: {', '.join(NAMED)}, or a mask as @mask.png.")
    return given


def _prompt(text: str, numbers: list[str]) -> Prompt:
    if len(numbers) > 2:
        raise BadRequest(f"The prompt {text!r} has {len(numbers)} numbers; there are two: text:weight:stop.")
    weight = _number(numbers[0], "weight", text) if numbers else 1.0
    stop = _number(numbers[1], "stop", text) if len(numbers) == 2 else None
    return Prompt(text=text, weight=weight, stop=stop)


def _number(given: str, name: str, text: str) -> float:
    value = float(given) if _NUMBER.fullmatch(given) else math.nan
    if not math.isfinite(value):
        raise BadRequest(
            f"The {name} {given!r} of the prompt {text!r} is not a number such as 0.5 or -1.\nIf it is text, write \\: for its colon."
        )
    return value


def _written(prompt: Prompt) -> str:
    numbers = "" if prompt.weight == 1 and prompt.stop is None else f":{_shortest(prompt.weight)}"
    numbers += "" if prompt.stop is None else f":{prompt.stop!r}"
    place = f" @{prompt.region}" if prompt.region else ""
    plain = prompt.text + place + numbers
    # An opening quote could close in a later prompt, so it is never written plain.
    if not prompt.text.startswith('"') and _reads_as(plain, prompt):
        return plain
    quoted = prompt.text.replace("\\", "\\\\").replace('"', '\\"')
    if prompt.kind != "text":  # in quotes it would be one
        return _SPECIAL.sub(r"\\\1", prompt.text) + place + numbers
    return f'"{quoted}"{place.strip()}{numbers}'


def _reads_as(text: str, prompt: Prompt) -> bool:
    try:
        return parse(text) == (prompt,)
    except BadRequest:
        return False


def _shortest(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) <= _LARGEST_BARE_WEIGHT else repr(number)


def _line(prompt: Prompt) -> str:
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in prompt.text)
    stop = "" if prompt.stop is None else f", stop {prompt.stop:g}"
    kind = {"text": "", "picture": "like the picture ", "noise": "like the ", "vector": "like the vector "}[prompt.kind]
    place = f", {prompt.region} only" if prompt.region else ""
    return f"{kind}{text}  (weight {prompt.weight:g}{stop}{place})"
