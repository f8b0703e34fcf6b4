"""What a network does, recorded once and played again: on CUDA a step's thousand launches cost the CPU more than the GPU its work.

A CUDA graph (``torch.cuda.make_graphed_callables``) is recorded for each shape that comes again, there and back, and only of what is
``Steady``; views are cut, and losses formed, by calls as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from reverie.memory import is_short

Run = Callable[..., Tensor]

AFTER = 2  # calls of a shape until it is recorded, which takes as long as some ten calls
MOST = 8  # recordings are kept, each with all that it needs to work in: a generator and some perceptors, whole and the last portion
# How far a recording may be from what it was recorded of, in parts of its size: bf16's rounding, added up in another order.
CLOSE = 0.02


def graphed(run: Run, samples: tuple[Tensor, ...]) -> Run:
    """A CUDA graph of ``run``."""
    return torch.cuda.make_graphed_callables(run, samples, allow_unused_input=True)  # type: ignore[return-value]


@dataclass(frozen=True)
class Recorder:
    """The recordings of one painting. ``kind`` of device that records; elsewhere, and without gradients, functions are called as they
    are. ``graph`` makes the recording of a function of tensors like those that it is given. A recording is played again only once
    the gradients of the last time were taken, or are not wanted.
    """

    kind: str = "cuda"
    graph: Callable[[Run, tuple[Tensor, ...]], Run] = graphed
    _calls: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _kept: dict[tuple[Any, ...], Run | None] = field(default_factory=dict)

    def __call__(self, name: str, run: Run, *given: Tensor) -> Tensor:
        """``run(*given)``, by its recording where there is one; ``name`` tells functions apart."""
        if given[0].device.type != self.kind or not (torch.is_grad_enabled() and all(one.requires_grad for one in given)):
            return run(*given)
        key = (name, *((one.shape, one.dtype) for one in given))
        self._calls[key] = self._calls.get(key, 0) + 1
        if self._calls[key] <= AFTER:
            return run(*given)
        played = self._kept.pop(key) if key in self._kept else self._recorded(run, given)
        while len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = played  # what was played last stands last
        return (played or run)(*given)

    @property
    def count(self) -> int:
        """How many shapes are played; one that could not be recorded is not among them."""
        return sum(played is not None for played in self._kept.values())

    def anew(self) -> Recorder:
        """One that has recorded nothing yet, as this one began; what this one keeps goes with it."""
        return Recorder(self.kind, self.graph)

    def _recorded(self, run: Run, given: tuple[Tensor, ...]) -> Run | None:
        """The recording; None where ``run`` cannot be recorded, or gives something else when it is played."""
        samples = tuple(one.detach().clone().requires_grad_() for one in given)

        def played(*given: Tensor) -> Tensor:
            # A recording writes to the same places every time, there and back: what is kept for longer has to be a copy.
            return found(*(_apart(one) for one in given)).clone()

        try:
            found = self.graph(run, samples)
            return played if _alike(run, played, given) else None
        except RuntimeError as error:
            if is_short(error):
                raise
            return None


def _alike(run: Run, played: Run, given: tuple[Tensor, ...]) -> bool:
    """Whether both give the same, and the same gradients, twice in a row."""
    for _ in range(2):
        for one, other in zip(_tried(run, given), _tried(played, given), strict=True):
            if not (one - other).norm() <= CLOSE * one.norm():  # NaN is not alike
                return False
    return True


def _tried(run: Run, given: tuple[Tensor, ...]) -> list[Tensor]:
    own = tuple(one.detach().clone().requires_grad_() for one in given)
    found = run(*own)
    (found * torch.linspace(-1, 1, found.numel(), device=found.device).view_as(found)).sum().backward()
    return [found.detach(), *(torch.zeros_like(one) if one.grad is None else one.grad for one in own)]


def _apart(tensor: Tensor) -> Tensor:
    """The same, whose gradient on the way back is a copy."""
    found: Tensor = _Apart.apply(tensor)  # type: ignore[no-untyped-call]
    return found


class _Apart(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0].clone()
