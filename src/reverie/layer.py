"""Layers of perceptors to dream into; ``[PERCEPTOR:]LAYER[#CHANNEL][:WEIGHT]`` is sugar, as in ``mini:blocks.5#12:0.5``."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")


class Layer(BaseModel):
    """One layer, or one channel of it, that is to answer more strongly to the picture (``weight`` > 0), or less (< 0).

    ``perceptor`` is one by name, not only of those that the dream's words are read by; None is the first of these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1)
    perceptor: str | None = Field(default=None, min_length=1)
    channel: int | None = Field(default=None, ge=0)
    weight: float = Field(default=1.0, allow_inf_nan=False)

    def __str__(self) -> str:
        whose = f"{self.perceptor}:" if self.perceptor else ""
        which = "" if self.channel is None else f"#{self.channel}"
        return f"{whose}{self.name}{which}" + ("" if self.weight == 1 else f":{self.weight:g}")


def parse_layers(value: Any) -> Any:
    """Texts, one or several, among structured layers; raises ``ValueError`` for a channel that is no number."""
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, (list, tuple)):
        return value
    return tuple(_parsed(one) if isinstance(one, str) else one for one in value)


def _parsed(text: str) -> Layer:
    rest, colon, weight = text.rpartition(":")
    if not (colon and rest and _NUMBER.fullmatch(weight)):
        rest, weight = text, "1"
    rest, hash_, channel = rest.partition("#") if "#" in rest else (rest, "", "")
    if hash_ and not channel.isdecimal():
        raise ValueError(f"a channel is a whole number from 0 up, as in blocks.5#12, not {channel!r}")
    perceptor, colon, name = rest.rpartition(":")
    if not name or (colon and not perceptor):
        raise ValueError(f"a layer is PERCEPTOR:LAYER#CHANNEL:WEIGHT, of which only LAYER is needed, not {text!r}")
    return Layer(name=name, perceptor=perceptor or None, channel=int(channel) if hash_ else None, weight=float(weight))
