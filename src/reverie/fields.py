"""How a dream's fields may be written: as a text on a command line, or structured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from reverie.prompts import parse

LARGEST_SIDE = 8192


def as_size(value: Any) -> Any:
    """``400x300``, ``256`` or a pair (width, height)."""
    if isinstance(value, int):
        return (value, value)
    if isinstance(value, str):
        sides = value.lower().replace("×", "x").split("x")
        if not all(side.strip().isdecimal() for side in sides) or len(sides) > 2:
            raise ValueError(f"a size is WIDTHxHEIGHT in pixels, as 400x300, not {value!r}")
        return tuple(int(side) for side in sides) * (1 if len(sides) == 2 else 2)
    return value


def as_shift(value: Any) -> Any:
    """``2,-1`` or a pair (right, down)."""
    if isinstance(value, str):
        try:
            right, down = (int(side) for side in value.split(","))
        except ValueError:
            raise ValueError(f"a shift is pixels to the right and down, as 2,-1, not {value!r}") from None
        return (right, down)
    return value


def shift_text(way: tuple[int, int]) -> str:
    return f"{way[0]},{way[1]}"


def as_prompts(value: Any) -> Any:
    return parse(value) if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    """Texts among bars."""
    return tuple(one.strip() for one in value.split("|") if one.strip()) if isinstance(value, str) else value


def with_a_place(given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if "{}" not in one:
            raise ValueError(f"a template says by {{}} where the text goes, as in 'a photo of {{}}', and {one!r} does not")
    return given


def as_colours(value: Any) -> Any:
    """Colours among spaces or commas; a picture file stays one name."""
    if isinstance(value, str):
        return (value,) if Path(value).suffix else tuple(value.replace(",", " ").split())
    return value


Share = Annotated[float, Field(gt=0, le=4, allow_inf_nan=False)]


class Sight(BaseModel):
    """One perceptor of the ensemble: its name, how much it counts, and the share of the frame that its views cover."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = "mini"
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    share: tuple[Share, Share] | None = None


def as_sights(value: Any) -> Any:
    """Names as ``mini`` or ``mini:0.5`` among structured ones."""
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, (list, tuple)):
        return value
    found: list[Any] = []
    for one in value:
        if isinstance(one, str):
            name, weight = _weighed(one)
            found.append(Sight(name=name, weight=weight))
        else:
            found.append(one)
    return tuple(found)


def as_objectives(value: Any) -> Any:
    """``glow`` or ``glow:0.5``, one or several, among spaces or in a list."""
    if isinstance(value, str):
        value = value.split()
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        pairs = [_weighed(one) for one in value]
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"an objective is named twice ({', '.join(value)}): give it one weight")
        return dict(pairs)
    return value


def _weighed(text: str) -> tuple[str, float]:
    """``name:weight``, or a name that counts once."""
    name, colon, weight = text.rpartition(":")
    try:
        return (name, float(weight)) if colon else (text, 1.0)
    except ValueError:
        return text, 1.0


def in_order(given: dict[str, float]) -> dict[str, float]:
    return dict(sorted(given.items()))  # losses are added up in this order


Texts = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100_000)], ...], BeforeValidator(_listed)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
