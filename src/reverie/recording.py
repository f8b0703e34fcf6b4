"""What a network does, recorded once and played again: on CUDA a step's thousand launches cost the CPU more than the GPU its work.

A CUDA graph (``torch.cuda.make_graphed_callables``) is recorded for each shape that comes again, there and back, and only of what is
``Steady``; views are cut, and losses formed, by calls as ever.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Run = Callable[..., Tensor]

AFTER = 2  # calls of a shape until it is recorded, which takes as long as some ten calls
MOST = 8  # shapes that are recorded, each with all that it needs to work in: a generator and some perceptors, whole and the last portion
# How far a recording may be from what it was recorded of, in parts of its size: bf16's rounding, added up in another order.
CLOSE = 0.02


def graphed(run: Run, samples: tuple[Tensor, ...]) -> Run:
    """A CUDA graph of ``run``. Where that fails, work goes on where it did before, and not on the stream that was recorded."""
    place = samples[0].device
    with torch.cuda.device(place), torch.cuda.stream(torch.cuda.current_stream(place)):
        return torch.cuda.make_graphed_callables(run, samples, allow_unused_input=True)  # type: ignore[return-value]


class Recorder:
    """The recordings of one painting. ``kind`` of device that records; elsewhere, and without gradients, functions are called as they
    are. ``graph`` makes the recording of a function of tensors like those that it is given. A recording is played again only once
    the gradients of the last time were taken, or are not wanted.
    """

    def __init__(self, kind: str = "cuda", graph: Callable[[Run, tuple[Tensor, ...]], Run] = graphed) -> None:
        self.kind, self.graph = kind, graph
        self.kept: dict[tuple[Any, ...], Run] = {}
        self._calls = Counter[tuple[Any, ...]]()

    def __call__(self, name: str, run: Run, *given: Tensor) -> Tensor:
        """``run(*given)``, by its recording where there is one; ``name`` tells functions apart."""
        if given[0].device.type != self.kind or not (torch.is_grad_enabled() and all(one.requires_grad for one in given)):
            return run(*given)
        key = (name, *((one.shape, one.dtype) for one in given))
        self._calls[key] += 1
        due = key not in self.kept and self._calls[key] > AFTER and len(self.kept) < MOST
        if due and not self._recorded(key, run, given):
            self.kind = "none"  # what failed once is not tried again
            self.forget()
        return self.kept.get(key, run)(*given)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *error: object) -> None:
        self.forget()

    def forget(self) -> None:
        """Let go of what was recorded, and of its memory. A graph and its gradients' function hold each other: it takes a collection."""
        if self._calls:  # of what could be recorded
            self.kept.clear()
            gc.collect()

    def _recorded(self, key: tuple[Any, ...], run: Run, given: tuple[Tensor, ...]) -> bool:
        """Whether it could be recorded, which may fail for want of memory too, and gives the same when it is played."""
        samples = tuple(one.detach().clone().requires_grad_() for one in given)
        try:
            found = self.graph(run, samples)

            def played(*given: Tensor) -> Tensor:
                # A recording writes to the same places every time, there and back: what is kept for longer has to be a copy.
                return found(*(_apart(one) for one in given)).clone()

            if _alike(run, played, given):
                self.kept[key] = played
        except RuntimeError:  # torch's OutOfMemoryError is one
            pass
        return key in self.kept


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
