"""The flags of ``paint``, made from the Dream's fields: names, help and defaults are said once, in ``dream.py``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter as Argument
from inspect import signature
from typing import Annotated, Any, Literal, get_args, get_origin

from cyclopts import Parameter
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from reverie import presets
from reverie.cli.wording import Wording
from reverie.craft.attach import attach, split
from reverie.craft.lists import spelled, telling
from reverie.dream import Dream, Scalar
from reverie.errors import BadRequest
from reverie.prompts import parse
from reverie.recipe import explain_validation, scalar

# What to paint is no flag; fields that may be given several times are flags in the singular; some have a second name.
SECOND = {"stop_at": ("--target-score",)}
SEVERAL = {"perceptors": ("--perceptor",), "layers": ("--layer",), "objectives": ("--objective",), "options": ("--option", "-o")}
POSITIONAL = "prompts"
PIPE = "-"
METAVARS = {
    "size": "WxH",
    "generator": "NAME",
    "perceptors": "NAME",
    "objectives": "NAME",
    "templates": "TEXTS",
    "more": "TEXTS",
    "less": "TEXTS",
    "layers": "LAYER",
    "init": "PICTURE",
    "mask": "PICTURE",
    "options": "C.O=VALUE",
}


def with_dream_flags(command: Callable[..., int]) -> Callable[..., int]:
    """The command with its ``**fields`` spelt out as a keyword for every field of a Dream, each a text or None."""
    typed = signature(command, eval_str=True)
    words, *others = (argument for argument in typed.parameters.values() if argument.kind is not Argument.VAR_KEYWORD)
    defaults = Dream("any").model_dump(mode="json")
    flags = (_argument(name, about, _default(name, defaults[name])) for name, about in Dream.model_fields.items() if name != POSITIONAL)
    arguments = [words, *flags, *others]
    command.__signature__ = typed.replace(parameters=arguments)  # type: ignore[attr-defined]
    command.__annotations__ = {argument.name: argument.annotation for argument in arguments}
    return command


def _argument(name: str, about: FieldInfo, default: str) -> Argument:
    """A text, or several, which the Dream will understand and check; only choices and switches are the command line's to know."""
    flag = Parameter(
        name=SEVERAL.get(name, (f"--{name.replace('_', '-')}", *SECOND.get(name, ()))),
        help=about.description,
        metavar=METAVARS.get(name) or _metavar(about.annotation),
        show_default=(lambda _: default) if default else False,
        group="The dream",
        negative=(),
        allow_leading_hyphen=True,
    )
    itself = about.annotation is bool or get_origin(about.annotation) is Literal
    kind: Any = list[str] if name in SEVERAL else about.annotation if itself else str
    return Argument(name, Argument.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, flag])


def _metavar(annotation: Any) -> str | None:
    numbers = [kind for kind in (int, float) if kind is annotation or kind in get_args(annotation)]
    return numbers[0].__name__.upper() if numbers else None


def _default(name: str, value: Any) -> str:
    """A field's default as one would type it."""
    if name == "perceptors":
        return " ".join(sight["name"] for sight in value)
    return "" if value in (None, {}, [], False) else str(value)


def dreams(
    words: Sequence[str],
    fields: Mapping[str, Any],
    batch: int = 1,
    preset: str | None = None,
    wording: Wording = Wording(),  # noqa: B008 - frozen
) -> list[Dream]:
    """The dreams that were typed, with seeds that count up and the words that these draw; raises ``BadRequest`` in a reader's words."""
    given: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    if "options" in given:
        given["options"] = options(given["options"])
    chosen = wording.chosen()
    for below in (chosen.dream if chosen else {}, presets.fields(preset) if preset is not None else {}):
        given = presets.over(below, given) if below else given
    given = spelled(given)
    plain, additions = split(words)
    typed = piped() if plain == [PIPE] else [text(plain)]
    try:
        first = Dream("any", **given)
        seeds = [first.seed + number for number in range(batch)]
        if first.layers and not any(line.strip() for line in typed) and not additions:  # a daydream needs no words
            return [Dream.model_validate({**dict(first), "prompts": (), "seed": seed}) for seed in seeds]
        said = [one for line in typed for one in wording.texts(line, seeds)]
        prompts = {one: parse(one) for one, _ in said}
        if chosen:
            prompts = {one: chosen.over(parsed) for one, parsed in prompts.items()}
        return [Dream.model_validate({**dict(first), "prompts": attach(prompts[one], additions), "seed": seed}) for one, seed in said]
    except ValidationError as error:
        raise BadRequest(explain_validation(error, Dream)) from error


def piped() -> list[str]:
    """The prompts on standard input, one a line; empty ones and those that begin with # are left out."""
    try:
        found = telling(sys.stdin)
    except UnicodeDecodeError as error:
        raise BadRequest(f"What came on standard input is no text ({error}): '-' reads a prompt from each line.") from None
    if not found:
        raise BadRequest("Nothing came on standard input: '-' reads a prompt from each line, as in reverie craft write | reverie paint -.")
    return found


def text(words: Sequence[str]) -> str:
    """One text, also when it was typed without quotes: ``reverie a red apple``."""
    if len(words) > 1 and any(" " in word for word in words):
        given = ", ".join(map(repr, words))
        raise BadRequest(f"There are {len(words)} texts: {given}. To have them in one picture, write 'one | another'.")
    return " ".join(words)


def options(given: Iterable[str]) -> dict[str, dict[str, Scalar]]:
    """``component.option=value``, any number of them, by component."""
    found: dict[str, dict[str, Scalar]] = {}
    for one in given:
        path, equals, value = one.partition("=")
        component, dot, option = path.rpartition(".")  # a component may be a path with dots in it
        if not (equals and component and dot and option):
            raise BadRequest(f"-o {one!r} is not component.option=value, as in -o cutouts.noise=0.1.")
        found.setdefault(component, {})[option] = scalar(value)
    return found
