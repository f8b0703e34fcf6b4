"""Modules that a peer imports and that its steps do without: stand-ins for those that cannot be imported here.

torchvision's wheels cannot be imported beside most builds of torch, lightning and omegaconf are there for training and for
YAML, boto3 and requests for downloads. Of what they hold, only what a step or the building of a network calls is there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn


class Whatever(type):
    """Of classes that have every attribute: torchvision's ways of resizing are named so."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class Unused(metaclass=Whatever):
    """Anything that is named or made and never called."""

    def __init__(self, *given: Any, **named: Any) -> None:
        pass


class StandIn(ModuleType):
    """A package whose every name exists; those that matter are given."""

    def __init__(self, name: str, names: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__dict__.update(names, __path__=[])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unused


class Compose:
    """torchvision's: one after the other."""

    def __init__(self, transforms: list[Any]) -> None:
        self.transforms = transforms

    def __call__(self, picture: Any) -> Any:
        for transform in self.transforms:
            picture = transform(picture)
        return picture


class Normalize(nn.Module):
    """torchvision's for tensors: a copy from which the mean is taken and which is divided, both in place."""

    def __init__(self, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, picture: Tensor) -> Tensor:
        mean, std = (torch.as_tensor(one, dtype=picture.dtype, device=picture.device).view(-1, 1, 1) for one in (self.mean, self.std))
        return picture.clone().sub_(mean).div_(std)


def to_pil_image(picture: Tensor) -> Any:
    """torchvision's for [3,H,W] in 0..1 on the CPU."""
    from PIL import Image

    return Image.fromarray(picture.mul(255).byte().permute(1, 2, 0).numpy())


class Attributes(dict[str, Any]):
    """A mapping whose values are attributes too, as omegaconf's are."""

    __getattr__ = dict.__getitem__


class OmegaConf:
    """omegaconf's, for reading a file."""

    @staticmethod
    def load(path: str) -> Any:
        import yaml

        return _attributes(yaml.safe_load(Path(path).read_text(encoding="utf-8")))


def _attributes(value: Any) -> Any:
    return Attributes({name: _attributes(one) for name, one in value.items()}) if isinstance(value, dict) else value


def instantiate_from_config(config: Any) -> nn.Module:
    """taming's own makes the training's loss, for which it fetches a network; programs that paint throw it away."""
    return nn.Identity()


def stand_in() -> None:
    """Put one in the place of every module of these that cannot be imported."""
    functional = {"to_pil_image": to_pil_image}
    _unless("torchvision.transforms", {
        "torchvision": {}, "torchvision.models": {}, "torchvision.utils": {}, "torchvision.transforms.functional": functional,
        "torchvision.transforms": {"Compose": Compose, "Normalize": Normalize},
    })  # fmt: skip
    _unless("omegaconf", {"omegaconf": {"OmegaConf": OmegaConf}})
    _unless("pytorch_lightning", {"pytorch_lightning": {"LightningModule": nn.Module}})
    _unless("requests", {"requests": {}})
    _unless("boto3", {"boto3": {}, "botocore": {}, "botocore.exceptions": {"ClientError": OSError}})
    sys.modules["main"] = StandIn("main", {"instantiate_from_config": instantiate_from_config})


def _unless(wanted: str, packages: Mapping[str, Mapping[str, Any]]) -> None:
    try:
        import_module(wanted)
        return
    except Exception:  # a build of torchvision for another torch fails with RuntimeError, and leaves half of itself
        pass
    for name in [name for name in sys.modules if name.partition(".")[0] == wanted.partition(".")[0]]:
        del sys.modules[name]
    for name, names in packages.items():
        sys.modules[name] = StandIn(name, names)
    for name in packages:
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, sys.modules[name])
