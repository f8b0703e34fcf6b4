"""A recipe: what travels inside a picture, so that it can be painted again. Data only; nothing in it is ever run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, JsonValue, NonNegativeInt, ValidationError
from pydantic_core import ErrorDetails

from reverie.dream import Dream, Scalar
from reverie.errors import BadRequest, unknown

SCHEMA = 1
Place = tuple[int | str, ...]  # of a value in the data
LARGEST = 1_000_000  # bytes of JSON; a real recipe has a thousand

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list",
    "list": "a list",
    "dict": "names with values",
    "model": "names with values",
    "finite": "a finite number",
    "literal": "{expected}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
}


class Recipe(BaseModel):
    """The dream, the changes made while it was painted as (step, change), and the recipe it grew from."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: int = Field(default=SCHEMA, alias="schema", ge=1, strict=True)
    dream: Dream
    edits: tuple[tuple[NonNegativeInt, dict[str, JsonValue]], ...] = ()
    parent: str | None = None

    def to_json(self) -> str:
        """The same text, in ASCII, for the same recipe on every machine."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what ``to_json`` wrote; raises ``BadRequest`` that names what is wrong with anything else."""
        data = _json_object(text)
        version = data.get("schema")
        if isinstance(version, int) and version > SCHEMA:
            raise BadRequest(
                f"This recipe was written by a newer Reverie (recipe schema {version}, this one reads up to {SCHEMA}): update Reverie."
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise BadRequest("This recipe cannot be used. " + explain_validation(error, cls)) from None

    def stages(self) -> list[tuple[Dream, int]]:
        """The dreams that were painted one after another, each with the step at which it was left; ``BadRequest`` for wrong edits."""
        found, dream = list[tuple[Dream, int]](), self.dream
        for step, change in self.edits:
            if step > (found[-1][1] if found else 0):
                found.append((dream, step))
            dream = _edited(dream, change)
        if not found or dream.steps > found[-1][1]:
            found.append((dream, dream.steps))
        return found

    def earlier(self) -> Recipe | None:
        """The recipe of what the last stage went on from, if it did."""
        stages = self.stages()
        if len(stages) == 1:
            return None
        dream, left = stages[-2]
        early: tuple[tuple[int, dict[str, JsonValue]], ...] = ((left, {"steps": left}),) if dream.steps > left else ()
        return self.model_copy(update={"edits": tuple(edit for edit in self.edits if edit[0] < left) + early})

    def until(self, step: int) -> Recipe:
        """The recipe of the picture as it was on the way, at a step."""
        return self.model_copy(update={"edits": (*(edit for edit in self.edits if edit[0] < step), (step, {"steps": step}))})

    def grown(self, dream: Dream) -> Recipe:
        """The recipe of ``dream`` when it goes on from where this one was left."""
        left, now = self.stages()[-1][1], self.dream
        for _, change in self.edits:
            now = _edited(now, change)
        then, thus = now.model_dump(mode="json"), dream.model_dump(mode="json")
        return self.model_copy(update={"edits": (*self.edits, (left, {name: thus[name] for name in thus if thus[name] != then[name]}))})

    def portable(self) -> Recipe:
        """Without the folders of the machine that painted it: pictures that the dream names keep their file names alone."""
        dream = self.dream
        palette = tuple(_file_name(colour) for colour in dream.palette)
        prompts = tuple(prompt.portable() for prompt in dream.prompts)
        files = {"prompts": prompts, "init": _file_name(dream.init), "palette": palette, "mask": dream.mask and _file_name(dream.mask)}
        return self.model_copy(update={"dream": dream.model_copy(update=files)})


def _file_name(file: str) -> str:
    """What is left of a path; web addresses stay."""
    return file if "://" in file else Path(file).name


def _edited(dream: Dream, change: Mapping[str, JsonValue]) -> Dream:
    try:
        return Dream.model_validate({**dream.model_dump(), **change})
    except ValidationError as error:
        raise BadRequest("A change in this recipe cannot be used. " + explain_validation(error, Dream)) from None


def changed(recipe: Recipe, settings: Mapping[str, str]) -> Recipe:
    """The recipe with fields of its dream set from text; ``component.option`` sets a component's own option.

    The number of steps is that of the last stage.
    """
    data = recipe.dream.model_dump()
    for name, value in settings.items():
        component, dot, option = name.rpartition(".")  # a component may be a path with dots in it
        if dot:
            if not component or not option:
                raise BadRequest(f"{name!r} sets nothing: an option is component.option=value, as vqgan.rate=0.1.")
            data["options"] = {**data["options"], component: {**data["options"].get(component, {}), option: scalar(value)}}
        elif name not in Dream.model_fields:
            raise unknown("setting", name, Dream.model_fields)
        else:
            optional = Dream.model_fields[name].default is None
            data[name] = None if optional and value.lower() == "none" else value
    edits = recipe.edits
    if "steps" in settings:
        went_on = recipe.earlier() is not None
        edits = (*edits[:-1], (edits[-1][0], {**edits[-1][1], "steps": settings["steps"]})) if went_on else ()
        data["steps"] = recipe.dream.steps if went_on else data["steps"]
    try:
        return recipe.model_copy(update={"dream": Dream.model_validate(data), "edits": edits})
    except ValidationError as error:
        raise BadRequest(explain_validation(error, Dream)) from None


def scalar(text: str) -> Scalar:
    """The value that an option's text stands for: true or false, a whole number, a number, else the text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        with suppress(ValueError):
            value = kind(text)
            return value if math.isfinite(value) else text
    return text


def explain_validation(error: ValidationError, model: type[BaseModel]) -> str:
    """What is wrong with the data given to ``model``, in one or two lines: field, what was given, what is expected."""
    errors = error.errors(include_url=False)
    # A list whose entries are wrong is also called too short: the entry says it better.
    told = [one for one in errors if one["type"] != "too_short" or sum(_within(one["loc"], other["loc"]) for other in errors) == 1]
    problems = list(dict.fromkeys(_problem(one, model) for one in told))
    more = f" (and {len(problems) - 2} more)" if len(problems) > 2 else ""
    return "\n".join(problems[:2]) + more


def _json_object(text: str) -> dict[str, Any]:
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise BadRequest(f"This recipe is larger than {LARGEST:,} bytes; no picture of Reverie's has such a one.")
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise BadRequest("This recipe is nested too deeply.") from None
    except ValueError as error:
        raise BadRequest(f"This recipe is not JSON: {error}.") from None
    if not isinstance(data, dict):
        raise BadRequest(f'A recipe is a JSON object such as {{"dream": …}}, not {_shown(data)}.')
    return data


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _within(place: Place, other: Place) -> bool:
    return other[: len(place)] == place


def _problem(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, place, context = error["type"], error["loc"], error.get("ctx", {})
    given = _shown(error["input"])
    if kind == "extra_forbidden":
        return str(unknown("setting", str(place[-1]), _names(model, place[:-1])))
    if kind == "missing":
        return f"{_path(place)} is missing."
    if kind.startswith("recursion"):
        return f"{place[0]} is nested too deeply."
    if len(place) > 1 and isinstance(place[-1], int):
        place = place[:-1]  # one side of a size, say
    if kind == "value_error":
        return f"{_path(place)}: {context['error']}." if place else f"In this dream {context['error']}."
    rule = next((name for name in _EXPECTED if kind == name or kind.startswith(f"{name}_")), None)
    expected = _EXPECTED[rule].format(**context) if rule else error["msg"]
    # Each member of a union of scalars complains under its own name: one complaint about the value is enough.
    if place[-1] in ("bool", "int", "float", "str") and len(place) > 1:
        place, expected = place[:-1], "true, false, a number or text"
    return f"{_path(place)}: expected {expected}, not {given}."


def _path(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".") or "the whole"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _names(model: type[BaseModel], place: Place) -> list[str]:
    """The fields that exist at this place of the data."""
    for part in place:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        inner = _model_within(field.annotation) if field else None
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not get_origin(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_within(one))), None)
