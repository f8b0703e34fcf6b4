"""``reverie components``: what can be named in a dream, and what can be set of it."""

from __future__ import annotations

import json as as_json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from reverie.cli.output import SWITCH
from reverie.errors import unknown

if TYPE_CHECKING:
    from pydantic import BaseModel

    from reverie.registry import Component


def components(
    *names: Annotated[str, Parameter(help="only those of these names")],
    json: Annotated[bool, SWITCH, Parameter(help="one JSON object per component, with the schema of its options")] = False,
) -> int:
    """List generators, perceptors and objectives, whose they are, and their options; other packages' that are broken are told apart."""
    from reverie import registry

    shown = list(registry.survey(names))
    for name in names:
        if name not in {one.name for one in shown}:
            raise unknown("component", name, {*registry.PARTS, *(one for kind in registry.BUILT_IN for one in registry.names(kind))})
    sound, broken = [one for one in shown if not one.problem], [one for one in shown if one.problem]
    for line in map(_object, shown) if json else _lines(sound):
        print(line)
    for one in () if json else broken:
        print(f"warning: {one.problem} (of {one.source})", file=sys.stderr)
    return 0


def _object(one: Component) -> str:
    told: dict[str, Any] = {"kind": one.kind, "name": one.name, "source": one.source, "problem": one.problem or None}
    return as_json.dumps(told | {"options": one.options.model_json_schema() if one.options else None})


def _lines(there: Sequence[Component]) -> Iterator[str]:
    kind = ""
    for one in there:
        if one.kind != kind:
            kind = one.kind
            yield from ([f"{kind}s:"] if one is there[0] else ["", f"{kind}s:"])
        yield f"  {one.name}" + ("" if one.source == "reverie" else f"  ({one.source})")
        yield from _settable(one.name, one.options)


def _settable(name: str, model: type[BaseModel] | None) -> Iterator[str]:
    """A line for each option: how it is set, to what it is, and what it means."""
    for option, about in model.model_fields.items() if model else ():
        default = "" if about.is_required() or about.default is None else str(about.get_default(call_default_factory=True))
        yield f"    {f'-o {name}.{option}={default}':<34} {about.description or ''}".rstrip()
