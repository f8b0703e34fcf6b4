r"""Axes of a grid: what differs from column to column, or from row to row.

    seed=1..4               a field of the dream, a range of whole numbers
    rate=0.05..0.2/4        four numbers from one to the other
    steps=10,30,60          a list; ranges may stand in it
    siren.layers=4,6        a component's own option
    style=ink,old-master    a style, or preset=vqgan-clip,big-sleep
    red,blue,golden         words for {x} (or {y}) in the prompt
    ,+fresco,+4k            modifiers of the library; several in a place as '+fresco +4k', none where nothing stands

``\,`` is a comma that is text. ``{x}`` is put in before anything is drawn, so it may stand inside ``{a|{x}}``; ``${x}`` is a variable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reverie.dream import Dream
from reverie.errors import BadRequest, unknown

MOST = 1024  # cells
MODIFIERS, WORDS = "+", ""
BESIDES = ("preset", "style")  # what may differ that is no field of a dream
SINGULAR = {"perceptor": "perceptors", "objective": "objectives", "target_score": "stop_at"}
_FIELD = re.compile(r"(?P<name>[\w.:/~-]+)=(?P<values>.*)", re.DOTALL)
_RANGE = re.compile(r"(?P<first>[+-]?\d*\.?\d+)\.\.(?P<last>[+-]?\d*\.?\d+)(?:/(?P<count>\d+))?")
_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True)
class Axis:
    """``name`` is a field, an option as ``component.option``, ``+`` for modifiers, or empty for words that ``{letter}`` stands for."""

    letter: str
    name: str
    values: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """A label for each value."""
        if self.name in (MODIFIERS, WORDS):
            return tuple(value or ("(nothing)" if self.letter else "") for value in self.values)
        return tuple(f"{self.name.replace('_', '-')} = {value}" for value in self.values)


NOTHING = Axis("", MODIFIERS, ("",))  # one column, or one row


def parted(given: str) -> list[str]:
    r"""What stands among commas, of which ``\,`` is text."""
    return [part.strip().replace("\\,", ",") for part in _COMMA.split(given)]


def slots(template: str) -> set[str]:
    """The letters x and y for which the prompt has places."""
    return {found[1] for found in re.finditer(r"(?<!\$)\{([xy])\}", template)}


def filled(template: str, letter: str, words: str) -> str:
    """The prompt with words in the places of this letter."""
    return re.sub(rf"(?<!\$)\{{{letter}\}}", lambda _: words, template)


def axis(letter: str, given: str, template: str) -> Axis:
    """What an axis that was typed means for this prompt; raises ``BadRequest`` that says what could be meant."""
    found = _FIELD.fullmatch(given.strip())
    name = _field(letter, found["name"], letter in slots(template)) if found else None
    if found and name:
        if letter in slots(template):
            raise BadRequest(
                f"--{letter} {given!r} sets {name}, and the prompt waits for words: write --{letter} 'one,another' for {{{letter}}}."
            )
        return Axis(letter, name, _values(letter, found["values"]))
    values = _values(letter, given)
    if letter in slots(template):
        return Axis(letter, WORDS, values)
    if not all(value == "" or value.startswith("+") for value in values):
        raise BadRequest(
            f"--{letter} {given!r} is words, and the prompt has no place for them: write {{{letter}}} where they go, as in 'a {{{letter}}} "
            f"castle'.\nOr let a field differ, as --{letter} seed=1..4, or modifiers, as --{letter} ',+oil-painting,+fresco'."
        )
    return Axis(letter, MODIFIERS, values)


def _field(letter: str, name: str, waiting: bool) -> str | None:
    """The name as a Dream has it; None where it is none and may be words."""
    plain = name.replace("-", "_")
    plain = SINGULAR.get(plain, plain)
    fields = {*Dream.model_fields, *BESIDES} - {"prompts", "options"}
    if "." in name:
        return name
    if plain in fields:
        return plain
    if waiting:
        return None
    if plain in ("prompt", "prompts", "text"):
        raise BadRequest(f"Words differ where the prompt has {{{letter}}}: reverie grid 'a {{{letter}}} castle' --{letter} 'red,blue'.")
    told = str(unknown("field of a dream", name, {field.replace("_", "-") for field in fields}))
    raise BadRequest(f"{told}\nA component's own option is component.option=value, as --{letter} siren.layers=4,6.")


def _values(letter: str, given: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value for part in parted(given) for value in _spread(letter, part)))
    if values == ("",):
        raise BadRequest(f"--{letter} needs values: seed=1..4, steps=10,30,60, or words such as 'red,blue'.")
    if len(values) > MOST:
        raise _too_many(len(values))
    return values


def _spread(letter: str, part: str) -> Sequence[str]:
    """The numbers of a range, or the value itself."""
    found = _RANGE.fullmatch(part)
    if not found:
        return [part]
    first, last, count = float(found["first"]), float(found["last"]), int(found["count"] or 0)
    whole = "." not in found["first"] + found["last"]
    if not whole and not count:
        raise BadRequest(f"--{letter} {part!r} does not say how many: {part}/5 are five numbers from one to the other.")
    if found["count"] and count < 2:
        raise BadRequest(f"--{letter} {part!r}: a range has at least its two ends, as {found['first']}..{found['last']}/2.")
    if not count:
        count = round(abs(last - first)) + 1
    if count > MOST:
        raise _too_many(count)
    steps = [first + (last - first) * number / max(1, count - 1) for number in range(count)]
    return [str(round(step)) if whole else f"{step:.6g}" for step in steps]


def _too_many(count: int) -> BadRequest:
    return BadRequest(f"{count:,} pictures are more than a grid has: at most {MOST:,}.")


def axes(template: str, given: dict[str, str | None]) -> dict[str, Axis]:
    """The axes by letter; raises ``BadRequest`` where there is none, two are the same, or the prompt waits for one that is not given."""
    found = {letter: axis(letter, one, template) for letter, one in given.items() if one is not None}
    missing = sorted(slots(template) - set(found))
    if missing:
        raise BadRequest(f"The prompt has {{{missing[0]}}}: say what stands there, as --{missing[0]} 'red,blue,golden'.")
    if not found:
        raise BadRequest("A grid needs something that differs: --x seed=1..4, --x steps=10,30,60 --y '+fresco,+4k', or words for {x}.")
    names = [one.name for one in found.values() if one.name not in (MODIFIERS, WORDS)]
    if len(set(names)) < len(names):
        raise BadRequest(f"Both axes set {names[0]}: one of them would win everywhere.")
    cells = 1
    for one in found.values():
        cells *= len(one.values)
    if cells > MOST:
        raise _too_many(cells)
    return found
