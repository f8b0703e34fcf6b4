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
a part of the frame: left, right, top, bottom, centre, top-left and so on, or the white of a mask (``@mask.png``); a weight comes after
it or before.

Double quotes around a whole prompt make all of it text, and any place and number after them count: ``"1984"@left:2``.
``a castle && a ship:0.3`` is one prompt of several texts, which are read apart and pull towards one place between them (``blend``); a
weight below 0 leads away. The whole counts as its first text does, and a place at its end is the whole's.

``\|`` ``\:`` ``\"`` ``\\`` stand for the character itself; every other backslash is text.
A weight of 0 is allowed and counts for nothing: it switches a prompt off. Decimal commas, NaN and infinity are errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from reverie.errors import BadRequest, printable
from reverie.prompt import NOISE as NOISE
from reverie.prompt import SURROGATE, Part, kind_of
from reverie.prompt import Prompt as Prompt
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
_PLACED = re.compile(r"(?P<words>.*\S)\s+@(?P<region>\S+)", re.DOTALL)
_AND = re.compile(r"\s&&(?=\s)")
_LARGEST_BARE_WEIGHT = 100


def parse(text: str) -> tuple[Prompt, ...]:
    """The prompts that ``text`` stands for; raises ``BadRequest`` for an empty one or a weight that is no number."""
    if SURROGATE.search(text):
        raise BadRequest(f"The prompt {ascii(text)} is not valid Unicode text.")
    if not text.strip():
        raise BadRequest("An empty prompt: say what to paint, as in 'a red fox'.")
    prompts: list[Prompt] = []
    for found in _PROMPT.finditer(text + " |"):  # the space keeps a last backslash from escaping this bar
        if found["quoted"] is not None:
            raw, numbers, kind = found["quoted"], found["numbers"].split(":") if found["numbers"] else [], "text"
            region = _region(found["region"]) if found["region"] else None
        else:
            plain, *others = _AND.split(found["plain"])
            if others:
                prompts.append(_blended(plain, others))
                continue
            raw, region, numbers = _ended(plain.strip())
            kind = kind_of(raw)
        words = _ESCAPE.sub(r"\1", raw)
        if not words.strip():
            raise BadRequest(f"An empty prompt in {text!r}: each side of a | needs text; write \\| for a bar that is text.")
        prompts.append(_prompt(words, numbers).model_copy(update={"kind": kind, "region": region}))
    return tuple(prompts)


def _blended(first: str, others: list[str]) -> Prompt:
    """A prompt of several texts, each with its weight; the place at the end of the last is that of all."""
    *texts, last = [one.strip() for one in (first, *others)]
    raw, region, numbers = _ended(last)
    found = [_prompt(_ESCAPE.sub(r"\1", raw), numbers) for raw, numbers in (*map(_weighed, texts), (raw, numbers)) if raw.strip()]
    if len(found) <= len(others) or any(one.stop is not None for one in found[1:]) or any(kind_of(one.text) != "text" for one in found):
        raise BadRequest(
            f"{' && '.join(one.strip() for one in (first, *others))!r} cannot be blended: each side of && is a text with a weight or none, "
            'as in "a castle && a ship:0.3", and the first may have a stop. A vector goes to --more; quotes make all of it text.'
        )
    parts = tuple(Part(text=one.text, weight=one.weight) for one in found[1:])
    return found[0].model_copy(update={"region": region, "blend": parts})


def show(prompts: Iterable[Prompt]) -> str:
    """The text that parses to these prompts: as plain as it can be, in quotes where it must."""
    return " | ".join(_written(prompt) for prompt in prompts)


def explain(prompts: Iterable[Prompt]) -> str:
    """What was understood, one line per prompt: its text, weight and stop."""
    return "\n".join(_line(prompt) for prompt in prompts)


def _ended(raw: str) -> tuple[str, str | None, list[str]]:
    """A prompt without quotes, in parts: its text, its place, and its numbers, which come after the place or before it."""
    text, numbers = _weighed(raw)
    text, region = _placed(text)
    if region and not numbers:
        text, numbers = _weighed(text)
    return text, region, numbers


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


def _placed(raw: str) -> tuple[str, str | None]:
    """A prompt without the place at its end, where that is unmistakable."""
    found = _PLACED.fullmatch(raw)
    if not found or not (found["region"] in NAMED or kind_of(found["region"]) == "picture"):
        return raw, None
    return found["words"], found["region"]


def _region(given: str) -> str:
    if given not in NAMED and kind_of(given) != "picture":
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
    if prompt.blend:
        return _blend(prompt)
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


def _blend(prompt: Prompt) -> str:
    """Its texts, with weights that no text can be taken to go on with."""
    texts = ((prompt.text, prompt.weight, prompt.stop), *((part.text, part.weight, None) for part in prompt.blend))
    place, written = f" @{prompt.region}" if prompt.region else "", []
    for text, weight, stop in texts:
        number = "" if weight == 1 and stop is None else f":{_shortest(weight)}"
        number = f":{weight:+}" if number and not is_weight(text, number[1:]) else number
        written.append((_SPECIAL.sub(r"\\\1", text), number + ("" if stop is None else f":{stop!r}")))
    written[-1] = (written[-1][0] + place, written[-1][1])
    return " && ".join(text + number for text, number in written)


def _reads_as(text: str, prompt: Prompt) -> bool:
    try:
        return parse(text) == (prompt,)
    except BadRequest:
        return False


def _shortest(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) <= _LARGEST_BARE_WEIGHT else repr(number)


def _line(prompt: Prompt) -> str:
    text = printable(prompt.text)
    stop = "" if prompt.stop is None else f", stop {prompt.stop:g}"
    kind = {"text": "", "picture": "like the picture ", "noise": "like the ", "vector": "like the vector "}[prompt.kind]
    place = f", {prompt.region} only" if prompt.region else ""
    text += "".join(f" && {part.text}:{part.weight:g}" for part in prompt.blend)
    return f"{kind}{text}  (weight {prompt.weight:g}{stop}{place})"
