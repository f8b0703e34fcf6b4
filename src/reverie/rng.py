"""Stateless randomness: every number comes from (the dream's seed, the step, the purpose) and from nothing else.

So there is no state to save, a dream draws the same alone or among others, and branches are free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reverie.transfer import sent

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Rng:
    """All of one dream's randomness. Draws are made on the CPU, where every machine draws alike, but for ``grain``."""

    seed: int

    def key(self, purpose: str, step: int = 0) -> int:
        """A 63-bit number for this purpose and step."""
        digest = hashlib.blake2b(f"{self.seed}/{step}/{purpose}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1

    def at(self, purpose: str, step: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
        """A fresh generator for one purpose at one step."""
        import torch

        return torch.Generator(device).manual_seed(self.key(purpose, step))

    def uniform(self, shape: tuple[int, ...], purpose: str, step: int = 0) -> Tensor:
        """U[0,1) on the CPU."""
        import torch

        return torch.rand(shape, generator=self.at(purpose, step))

    def normal(self, shape: tuple[int, ...], purpose: str, step: int = 0) -> Tensor:
        """N(0,1) on the CPU."""
        import torch

        return torch.randn(shape, generator=self.at(purpose, step))


def grain(rngs: Sequence[Rng], shape: tuple[int, ...], purpose: str, step: int, device: torch.device) -> Tensor:
    """N(0,1) for every pixel of every view of every dream, [B*shape[0],...] on the device.

    CUDA draws it itself, other numbers than the CPU's: 77 million for 16 dreams of 32 views take longer to draw and send than all else.
    """
    import torch

    if device.type == "cuda":
        return torch.cat([torch.randn(shape, generator=rng.at(purpose, step, device), device=device) for rng in rngs])
    return sent(torch.cat([rng.normal(shape, purpose, step) for rng in rngs]), device)
