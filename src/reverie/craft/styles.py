"""Styles: how to say something, which words to add and how to paint it, in a YAML file that people can write and share.

    about: An old book's plate
    prompt: an engraving of {prompt} | blurry:-0.3
    modifiers: [engraving, sepia]
    dream: {saturation: 1.0}

``prompt`` says where the words go; further prompts in it come after those that were typed. ``modifiers`` are names of the library
or any other words. ``dream`` sets fields of the dream, which flags change. Every part may be left out but one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from reverie.checkpoints.yamls import read_yaml
from reverie.craft.attach import SLOT, Prompts, attach, first_text, put
from reverie.craft.library import modifiers
from reverie.dream import Dream
from reverie.errors import BadRequest, unknown
from reverie.paths import styles_dir
from reverie.prompts import parse
from reverie.recipe import explain_validation

FOLDER = Path(__file__).parent / "presets"
SUFFIXES = (".yaml", ".yml")


class Style(BaseModel):
    """One style as its file says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: str = ""
    prompt: str = SLOT
    modifiers: tuple[str, ...] = ()
    dream: dict[str, Any] = Field(default_factory=dict)

    @field_validator("prompt")
    @classmethod
    def _has_one_slot(cls, value: str) -> str:
        if sum(SLOT in prompt.text for prompt in parse(value)) != 1:
            raise ValueError(f"one prompt of it has {SLOT} in it, where the words go, not {value!r}")
        return value

    @field_validator("dream")
    @classmethod
    def _is_a_dream(cls, value: dict[str, Any]) -> dict[str, Any]:
        for field in value:
            if field not in Dream.model_fields or field == "prompts":
                raise unknown("setting of a dream", field, set(Dream.model_fields) - {"prompts"})
        try:
            return Dream("any", **value).model_dump(include=set(value))
        except ValidationError as error:
            raise BadRequest(explain_validation(error, Dream)) from None

    def over(self, prompts: Prompts) -> Prompts:
        """The prompts said in this style."""
        pattern, place = parse(self.prompt), first_text(prompts)
        before = next(prompt.text for prompt in pattern if SLOT in prompt.text)
        said = put(prompts, place, before.replace(SLOT, prompts[place].text))
        library = {one.name: one.words for one in modifiers()}
        return attach(
            (*said, *(prompt for prompt in pattern if SLOT not in prompt.text)), [library.get(name, name) for name in self.modifiers]
        )


def styles() -> dict[str, Path]:
    """Styles by name: ours, and those in Reverie's home, which win."""
    return {path.stem: path for folder in (FOLDER, styles_dir()) for suffix in SUFFIXES for path in sorted(folder.glob(f"*{suffix}"))}


def style(name: str) -> Style:
    """A style by name or from a YAML file; raises ``BadRequest`` for one that does not exist or says what cannot be."""
    path = Path(name)
    if path.suffix not in SUFFIXES:
        if name not in styles():
            told = str(unknown("style", name, styles()))
            raise BadRequest(f"{told}\nOne of your own is a YAML file: --style mine.yaml, or kept in {styles_dir()}.")
        path = styles()[name]
    found = read_yaml(path)
    if not isinstance(found, dict) or not found:
        raise BadRequest(f"{path} is no style: a style is YAML with some of about, prompt, modifiers and dream.")
    try:
        return Style.model_validate(found)
    except (ValidationError, BadRequest) as error:
        told = explain_validation(error, Style) if isinstance(error, ValidationError) else str(error)
        raise BadRequest(f"The style {path} cannot be used. {told}") from None
