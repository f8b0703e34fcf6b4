"""Networks without weights, and whether tensors fit them by name and shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

MOST = 10_000  # calls of torch's that make a network: a transformer of 48 layers takes 3,858, a VQGAN 2,130

Network = TypeVar("Network", bound=nn.Module)


def blank(make: Callable[[], Network]) -> Network:
    """A network of shapes only: a false configuration costs no memory."""
    with torch.device("meta"), _NoInit():
        return make()


class _NoInit(TorchFunctionMode):
    """Leaves out random first values. On the meta device they would load torch's compiler, which takes a second.

    Raises ``ValueError`` for a network that would never be done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls += 1
        if self.calls > MOST and func is not torch._C._set_grad_enabled:  # by which no_grad puts back what was, and has to
            raise ValueError(f"it would have more than {MOST} parts")
        if getattr(func, "__module__", "") == nn.init.__name__:
            return kwargs["tensor"] if kwargs else args[0]
        return func(*args, **(kwargs or {}))


def misfits(network: nn.Module, tensors: Mapping[str, Tensor]) -> str:
    """The first five names that are missing, unknown or misshapen, and how many there are; empty when all fit."""
    wanted = network.state_dict()
    wrong = [f"missing {name}" for name in wanted.keys() - tensors.keys()]
    wrong += [f"unknown {name}" for name in tensors.keys() - wanted.keys()]
    for name in wanted.keys() & tensors.keys():
        if wanted[name].shape != tensors[name].shape:
            wrong.append(f"{name} is {tuple(tensors[name].shape)}, not {tuple(wanted[name].shape)}")
    return f"{'; '.join(sorted(wrong)[:5])} ({len(wrong)} in all)" if wrong else ""
