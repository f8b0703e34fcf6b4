"""Keeping a run sound: a poisoned step (NaN, Inf) is taken back for the dream it struck, and for no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Snapshot:
    """Copies of the latents and of everything the optimiser keeps per value of them."""

    latents: tuple[Tensor, ...]
    moments: tuple[dict[str, Tensor], ...]


def snapshot(parts: Sequence[Tensor], optimiser: torch.optim.Optimizer) -> Snapshot:
    """Taken before a step; all on the device."""
    moments = tuple(
        {name: value.clone() for name, value in optimiser.state.get(part, {}).items() if _per_value(value, part)} for part in parts
    )
    return Snapshot(tuple(part.detach().clone() for part in parts), moments)


def sound(parts: Sequence[Tensor], loss: Tensor) -> Tensor:
    """[B] bool: which dreams' losses, gradients and latents are finite. No value leaves the device."""
    fine = loss.isfinite()
    for part in parts:
        fine = fine & part.detach().isfinite().flatten(1).all(1)
        if part.grad is not None:
            fine = fine & part.grad.isfinite().flatten(1).all(1)
    return fine


@torch.no_grad()
def undo(parts: Sequence[Tensor], optimiser: torch.optim.Optimizer, before: Snapshot, fine: Tensor) -> None:
    """Put back the rows that are not fine: latents and moments, in place. A first step's moments go back to zero."""
    for part, latent, moments in zip(parts, before.latents, before.moments, strict=True):
        keep = fine.view(-1, *([1] * (part.dim() - 1)))
        part.copy_(torch.where(keep, part, latent))
        for name, value in optimiser.state.get(part, {}).items():
            if _per_value(value, part):
                value.copy_(torch.where(keep, value, moments.get(name, torch.zeros_like(value))))


def _per_value(value: object, part: Tensor) -> bool:
    return isinstance(value, Tensor) and value.shape == part.shape
