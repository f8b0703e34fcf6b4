"""Components by name. Ours are listed here; others' come through entry points of the same shape.

A component is a module with ``Options`` (a small pydantic model) and ``build(options, device)``. Others register with

    [project.entry-points."reverie.generators"]
    mine = "my_package.my_module"

or ``reverie.perceptors``, or ``reverie.objectives``. The options of ours are read without importing torch: they stand in
``reverie/options/``. Others' are where they put them. Nothing of theirs is imported before it is asked for by name, or listed.

Where a name is an installed model's (``reverie models``) or a path, of a file or folder that ``reverie train`` wrote or of
somebody else's weights, it stands for the component that reads it (``held.py``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from reverie import library
from reverie.errors import BadRequest, ReverieError, unknown
from reverie.held import TRAINED, component_at

if TYPE_CHECKING:
    import torch

BUILT_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "generator": {
            "biggan": "reverie.generators.biggan",
            "fft": "reverie.generators.fft",
            "logits": "reverie.generators.logits",
            "pixels": "reverie.generators.pixels",
            "progan": "reverie.generators.progan",
            "siren": "reverie.generators.siren",
            "stack": "reverie.generators.stack",
            "vqgan": "reverie.generators.vqgan",
        },
        "perceptor": {
            "clip": "reverie.perceptors.clip",
            "hf": "reverie.perceptors.hf",
            "mini": "reverie.perceptors.mini",
            "openclip": "reverie.perceptors.openclip",
        },
        "objective": {},
    }
)
# Ours are in every dream, each under a flag or of itself; nobody else's may be called so.
OBJECTIVES = ("resemblance", "tv", "range", "saturation", "palette", "opacity", "layers", "init", "prior")
PARTS = ("cutouts", "resemblance", "layers", "init", "sketch", "sample")  # have options, and come in one kind only


@dataclass(frozen=True)
class Component:
    """One that is installed: who brings it, the model of its options, or the problem for which it is skipped."""

    kind: str
    name: str
    source: str
    options: type[BaseModel] | None = None
    problem: str = ""


def names(kind: str) -> list[str]:
    """Every component of a kind ("generator", "perceptor", "objective") that is installed; nothing is imported."""
    return sorted({*BUILT_IN[kind], *(entry.name for entry in _entries(kind) if not _taken(kind, entry.name))})


def survey(only: Collection[str] = ()) -> Iterator[Component]:
    """All that is installed, or ``only`` what is so called, kind by kind and ours first.

    Other packages' modules are imported, to see whether they are sound.
    """
    for kind, ours in BUILT_IN.items():
        for name in sorted(ours):
            if not only or name in only:
                yield Component(kind, name, "reverie", options(kind, name))
        before: set[str] = set()
        for entry in _entries(kind):
            if not only or entry.name in only:
                yield _surveyed(kind, entry, again=entry.name in before)
                before.add(entry.name)
    for part in PARTS:
        if not only or part in only:
            yield Component("part", part, "reverie", part_options(part))


def _surveyed(kind: str, entry: EntryPoint, again: bool) -> Component:
    name = entry.name
    if _taken(kind, name) or again:
        owner = "another package" if again else "Reverie"
        return Component(
            kind, name, _source(entry), problem=f"The {kind} {name!r} ({entry.value}) is skipped: {owner} has one of this name."
        )
    try:
        return Component(kind, name, _source(entry), _loaded(kind, entry).Options)
    except BadRequest as error:
        return Component(kind, name, _source(entry), problem=str(error))


def _entries(kind: str) -> list[EntryPoint]:
    """What other packages register, always in the same order."""
    return sorted(entry_points(group=f"reverie.{kind}s"), key=lambda entry: (entry.name, _source(entry)))


def _taken(kind: str, name: str) -> bool:
    return name in BUILT_IN[kind] or (kind == "objective" and name in OBJECTIVES)


def _source(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def check(kind: str, name: str) -> None:
    """Raise ``BadRequest`` for a name that nothing answers to; imports nothing of the component."""
    _resolve(kind, name)


def _resolve(kind: str, name: str) -> tuple[str, dict[str, str]]:
    """The component that a name, an installed model or a path stands for, in this order, and the options that it brings."""
    if name in names(kind):
        return name, {}
    if kind not in TRAINED:
        if not names(kind):
            raise BadRequest(f"There is no {kind} {name!r}: those by name are other packages', and none is installed (docs/plugins.md).")
        raise unknown(kind, name, names(kind))
    path = library.path_of(name, kind)
    if not path.exists() and path.name == name and not path.suffix:
        raise unknown(kind, name, [*names(kind), *library.near(name, kind)])
    return component_at(kind, path)


def answering(kind: str, name: str) -> tuple[str, ...]:
    """The name and, where it is an installed model's or a path, the component that reads it: options may be given under either."""
    return tuple(dict.fromkeys((name, _resolve(kind, name)[0])))


def given(kind: str, name: str, options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Of all options those of this component, its own name's before those of what reads it."""
    found = dict[str, Any]()
    for one in reversed(answering(kind, name)):
        found |= options.get(one, {})
    return found


def options(kind: str, name: str) -> type[BaseModel]:
    """The model of a component's options; ours are found without importing torch."""
    component, _ = _resolve(kind, name)
    if component in BUILT_IN[kind] and find_spec(f"reverie.options.{component}"):
        return part_options(component)
    found: type[BaseModel] = _module(kind, component).Options
    return found


def part_options(name: str) -> type[BaseModel]:
    """The model of the options of one of our own components, or of the ``PARTS``."""
    found: type[BaseModel] = import_module(f"reverie.options.{name}").Options
    return found


def build(kind: str, name: str, options: Mapping[str, Any], device: torch.device) -> Any:
    """Make a component from its name, or the path of trained weights, and its own options."""
    component, weights = _resolve(kind, name)
    found = _module(kind, component)
    parsed = parse_options(found.Options, name, {**options, **weights})
    try:
        return found.build(parsed, device)
    except ReverieError:
        raise
    except Exception as error:
        if component in BUILT_IN[kind]:
            raise
        raise BadRequest(f"The {kind} {name!r} ({found.__name__}) could not be made: {_said(error)}.") from error


def _module(kind: str, component: str) -> Any:
    home = BUILT_IN[kind].get(component)
    return import_module(home) if home else _loaded(kind, next(entry for entry in _entries(kind) if entry.name == component))


def _loaded(kind: str, entry: EntryPoint) -> Any:
    """Another package's component; raises ``BadRequest`` that says what is wrong with it."""
    who = f"The {kind} {entry.name!r} ({entry.value})"
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:  # whatever other people's modules do when they are imported
        raise BadRequest(f"{who} could not be loaded: {_said(error)}. Install it again, or another.") from error
    model = getattr(found, "Options", None)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise BadRequest(f"{who} is no component: it has no pydantic model `Options`, nothing says what can be set of it.")
    if not callable(getattr(found, "build", None)):
        raise BadRequest(f"{who} is no component: it has no function `build(options, device)` that makes it.")
    return found


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".")


def parse_options(model: Any, name: str, options: Mapping[str, Any]) -> Any:
    """Validate a component's options; the error names the option and what exists."""
    for option in options:
        if option not in model.model_fields:
            raise unknown(f"option of {name}", option, model.model_fields)
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        option = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{name}.{option} cannot be {json.dumps(first['input'], default=str)}: {first['msg']}.") from error


def check_options(owners: Iterable[str], options: Mapping[str, Any]) -> None:
    """Raise when options are given for a component that the dream does not use."""
    known = set(owners)
    for name in options:
        if name not in known:
            raise unknown("component with options in this dream", name, known)
