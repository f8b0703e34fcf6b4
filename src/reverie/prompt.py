"""What a prompt is: something that the picture should be like, or unlike. How prompts are written is in ``prompts``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from reverie.regions import NAMED

SURROGATE = re.compile("[\ud800-\udfff]")
NOISE = re.compile(r"noise\(([0-9]{1,18})\)")
_PICTURE = re.compile(r".*\.(png|jpe?g|webp|avif|gif|bmp|tiff?)|https?://\S+", re.IGNORECASE | re.DOTALL)
_VECTOR = re.compile(r".*\.(npy|safetensors)", re.IGNORECASE | re.DOTALL)


def kind_of(text: str) -> Literal["text", "picture", "noise", "vector"]:
    """What a text names, where it stands alone and not in quotes."""
    if _PICTURE.fullmatch(text):
        return "picture"
    if _VECTOR.fullmatch(text):
        return "vector"
    return "noise" if NOISE.fullmatch(text) else "text"


def _has_text(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty prompt")
    if SURROGATE.search(text):
        raise ValueError("this is not valid Unicode text")
    return text


class Part(BaseModel):
    """A further text of a prompt that blends several; its weight is in the unit of the prompt's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: Annotated[str, AfterValidator(_has_text)]
    weight: float = Field(default=1.0, allow_inf_nan=False)


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
    blend: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _can_blend(self) -> Self:
        texts = (self.text, *(part.text for part in self.blend))
        if self.blend and (self.kind != "text" or any("&&" in text or kind_of(text) != "text" for text in texts)):
            raise ValueError("texts alone can be blended by &&, and have none in them; to mix a vector in, give it as --more")
        return self

    @property
    def words(self) -> str:
        """All that it asks for, in one text."""
        return ", ".join([self.text, *(part.text for part in self.blend if part.weight * self.weight > 0)])

    @property
    def wanted(self) -> bool:
        """Whether it is a text that the picture should be like."""
        return self.kind == "text" and self.weight > 0

    def files(self) -> dict[str, str]:
        """The files on this machine that it names, by field."""
        named = {"text": self.text if self.kind in ("picture", "vector") else None, "region": None if self.region in NAMED else self.region}
        return {field: name for field, name in named.items() if name and "://" not in name}

    def portable(self) -> Prompt:
        """Without the folders of the machine that painted it."""
        return self.model_copy(update={field: Path(name).name or name for field, name in self.files().items()})


def wanted_words(prompts: Iterable[Prompt]) -> str:
    """All that a picture should be like, in one text, as a judge reads it; empty where no text says it."""
    return ", ".join(prompt.words for prompt in prompts if prompt.wanted)
