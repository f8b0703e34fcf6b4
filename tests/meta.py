"""A device without values: torch's ``meta`` works out shapes alone. Whoever asks it for a number, and on CUDA would wait, fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from types import MethodType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

META = torch.device("meta")


def moved(thing: Any, seen: dict[int, Any] | None = None) -> Any:
    """What Reverie built on the CPU, with every tensor and network in it on the device; kornia's dice stay, as they do on CUDA."""
    seen = {} if seen is None else seen
    if isinstance(thing, (nn.Module, Tensor)):
        return thing if type(thing).__module__.startswith("kornia") else thing.to(META)
    if isinstance(thing, torch.device):
        return META
    if id(thing) not in seen and not isinstance(thing, (type, torch.autocast)):
        seen[id(thing)] = thing
        seen[id(thing)] = _filled(thing, seen)
    return seen.get(id(thing), thing)


def _filled(thing: Any, seen: dict[int, Any]) -> Any:
    """The same thing, or a new list or tuple, with all that it holds moved."""
    if type(thing) in (list, tuple):
        return type(thing)(moved(value, seen) for value in thing)
    if isinstance(thing, dict):
        thing.update({key: moved(value, seen) for key, value in thing.items()})
    for cell in getattr(thing, "__closure__", None) or ():
        cell.cell_contents = moved(cell.cell_contents, seen)
    for inner in ("func", "__self__"):  # of a partial, of a method
        if isinstance(thing, (partial, MethodType)) and hasattr(thing, inner):
            moved(getattr(thing, inner), seen)
    if type(thing).__module__.startswith("reverie"):
        for name, value in getattr(thing, "__dict__", {}).items():
            object.__setattr__(thing, name, moved(value, seen))
    return thing


class Watched(TorchDispatchMode):
    """What is sent to the device: ``waited`` names what the CPU would have waited for, ``sent`` counts the rest."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.waited: list[str] = []
        self.sent = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        given = [one for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
        over = [one for one in given if one.device.type == "cpu" and one.dim()]  # single numbers travel with the call
        if over and any(one.device.type == "meta" for one in (*given, *tree_leaves(found)) if isinstance(one, Tensor)):
            free = (kwargs or {}).get("non_blocking") or (len(args) > 2 and args[2] is True)
            self.sent += bool(free)
            self.waited += [] if free else [f"{func} of {[tuple(one.shape) for one in over]}"]
        return found


@contextmanager
def meta_as_a_device(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Autocast knows no ``meta``; and kornia sends to CUDA without waiting, but would to no other device."""
    import kornia.core.utils as kornia

    autocast, enabled, to = torch.autocast, torch.is_autocast_enabled, Tensor.to

    def sent(tensor: Tensor, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
        return to(tensor, device=device, dtype=dtype or tensor.dtype, non_blocking=True)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "autocast", lambda kind, **more: nullcontext() if kind == "meta" else autocast(kind, **more))
        patch.setattr(torch, "is_autocast_enabled", lambda *kind: kind != ("meta",) and enabled(*kind))
        for module in [module for name, module in list(__import__("sys").modules.items()) if name.startswith("kornia")]:
            if getattr(module, "_to_device_nonblocking", None) is kornia._to_device_nonblocking and module is not kornia:
                patch.setattr(module, "_to_device_nonblocking", sent)
        patch.setattr(kornia, "_to_device_nonblocking", sent)
        yield
