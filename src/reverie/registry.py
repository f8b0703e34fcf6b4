"""Components by name. Ours are listed here; others' come through entry points of the same shape.

A component is a module with ``Options`` (a small pydantic model) and ``build(options, device)``. Others register with

    [project.entry-points."reverie.generators"]
    mine = "my_package.my_module"

Where a name is a path, of a file or folder that ``reverie train`` wrote or of another's checkpoint, it stands for the
component that reads the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reverie.errors import BadRequest, unknown
from reverie.held import by_config, by_header, by_names, within

if TYPE_CHECKING:
    import torch

BUILT_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "generator": {
            "biggan": "reverie.generators.biggan",
            "pixels": "reverie.generators.pixels",
            "progan": "reverie.generators.progan",
            "stack": "reverie.generators.stack",
            "vqgan": "reverie.generators.vqgan",
        },
        "perceptor": {
            "clip": "reverie.perceptors.clip",
            "hf": "reverie.perceptors.hf",
            "mini": "reverie.perceptors.mini",
            "openclip": "reverie.perceptors.openclip",
        },
    }
)


# What may be named by a path instead: a safetensors file that says it holds one of these, or the folder in which
# `reverie train` left it under this name; and who reads it.
TRAINED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "generator": {"vqgan": "vqgan", "biggan": "biggan", "progan": "progan"},
        "perceptor": {"clip": "mini"},
    }
)


# Who looks with what others trained, and by which option it is told where that lies: a folder by the model_type that it names.
MODEL_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType({"clip": ("hf", "model"), "siglip": ("hf", "model")})


def names(kind: str) -> list[str]:
    """Every component of a kind ("generator", "perceptor") that is installed."""
    return sorted({*BUILT_IN[kind], *(entry.name for entry in entry_points(group=f"reverie.{kind}s"))})


def check(kind: str, name: str) -> None:
    """Raise ``BadRequest`` for a name that nothing answers to; imports nothing of the component."""
    _resolve(kind, name)


def _resolve(kind: str, name: str) -> tuple[str, dict[str, str]]:
    """The component that a name or a path stands for, and the options that the path brings; names come first."""
    if name in names(kind):
        return name, {}
    path = Path(name)
    if not path.exists() and path.name == name and not path.suffix:
        raise unknown(kind, name, names(kind))
    trained = TRAINED[kind]
    if kind == "perceptor" and not by_header(path) and (within(path) or by_config(path) in MODEL_TYPES):
        component, option = MODEL_TYPES.get(by_config(path), ("clip", "weights"))
        return component, {option: str(path)}
    if path.is_file():  # what is wrong with it, its reader says
        return trained.get(by_header(path) or by_names(path), next(iter(trained.values()))), {"weights": str(path)}
    for held, component in trained.items():
        if (path / f"{held}.safetensors").is_file():
            return component, {"weights": str(path / f"{held}.safetensors")}
    if by_names(path) in trained:
        return trained[by_names(path)], {"weights": str(path)}
    files = " or ".join(f"{held}.safetensors" for held in trained)
    problem = "holds none" if path.exists() else "is not there"
    raise BadRequest(
        f"There is no {kind} at {name!r}: a path leads to a {files}, to the folder that holds it, or to a checkpoint (.ckpt, .pt, .pth), "
        f"and this one {problem}."
    )


def build(kind: str, name: str, options: Mapping[str, Any], device: torch.device) -> Any:
    """Make a component from its name, or the path of trained weights, and its own options."""
    component, weights = _resolve(kind, name)
    home = BUILT_IN[kind].get(component)
    found = import_module(home) if home else _load(kind, component)
    return found.build(parse_options(found.Options, name, {**options, **weights}), device)


def _load(kind: str, name: str) -> Any:
    entry = next(iter(entry_points(group=f"reverie.{kind}s", name=name)))
    try:
        return entry.load()
    except Exception as error:  # whatever other people's modules do when they are imported
        raise BadRequest(f"The {kind} {name!r} ({entry.value}) could not be loaded: {error}. Install it again, or another.") from error


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
