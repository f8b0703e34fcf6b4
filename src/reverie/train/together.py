"""Several processes that train one model, each on its share of every batch (``accelerate launch``): what they exchange.

Where a process is alone everything here gives back what it was given, and accelerate is not imported, so that a bare
machine does without. What the processes know of one another is torch's own process group.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from reverie.errors import BadRequest


@contextmanager
def company(device: str) -> Iterator[str]:
    """Join the processes that a launcher started beside this one; hands out this one's device, such as ``cuda:1`` for ``cuda``."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield device
        return
    try:
        from accelerate import PartialState
    except ImportError as error:
        raise BadRequest("Training in several processes needs accelerate: pip install 'reverie[train]'.") from error
    own = PartialState(cpu=device == "cpu").device  # joins, as the launcher's environment says
    try:
        yield "cpu" if own.type == "cpu" else str(own)
    finally:
        dist.destroy_process_group()


def _joined() -> bool:
    return dist.is_available() and dist.is_initialized()


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if _joined() else 1


def rank() -> int:
    """Which of them this one is, from 0, the one that writes and prints."""
    return dist.get_rank() if _joined() else 0


def say(line: str) -> None:
    """Print, once for all of them."""
    if rank() == 0:
        print(line, flush=True)


def share(batch: int) -> int:
    """This process's part of a batch; ``BadRequest`` where it cannot be shared evenly."""
    if batch % count():
        raise BadRequest(f"--batch {batch}: {count()} processes share every batch evenly, so it must be a multiple of {count()}.")
    return batch // count()


def turn(step: int) -> int:
    """The number of this process's draw at a step; no two steps or processes have the same."""
    return step * count() + rank()


def average(tensors: Sequence[Tensor]) -> None:
    """Replace each by its mean over all processes."""
    if count() == 1 or not tensors:
        return
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    for tensor, mean in zip(tensors, (flat / count()).split([tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(mean.view_as(tensor))


class _Gather(torch.autograd.Function):
    """The gradient of a part is summed over all processes: with ``average`` afterwards it is that of the whole batch's loss."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(count())]
        dist.all_gather(parts, part.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        whole = gradients[0].contiguous().clone()
        dist.all_reduce(whole)
        return whole.chunk(count())[rank()]


def gather(part: Tensor) -> Tensor:
    """[B,...] of every process, one below the other in their order; gradients find their way back."""
    return part if count() == 1 else _Gather.apply(part)  # type: ignore[no-untyped-call]


def agree(networks: Iterable[nn.Module]) -> None:
    """Take over the first process's weights and buffers."""
    if count() > 1:
        for network in networks:
            for tensor in network.state_dict().values():
                dist.broadcast(tensor, 0)


def meet() -> None:
    """Wait until all processes are here."""
    if count() > 1:
        dist.barrier()


def any_of(flag: bool) -> bool:
    """Whether it holds in any of the processes."""
    if count() == 1:
        return flag
    told = torch.tensor(float(flag), device="cuda" if dist.get_backend() == "nccl" else "cpu")
    dist.all_reduce(told)
    return bool(told > 0)
