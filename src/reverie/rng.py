"""Stateless randomness: every number comes from (the dream's seed, the step, the purpose) and from nothing else.

So there is no state to save, a dream draws the same alone or among others, and branches are free.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Rng:
    """All of one dream's randomness. Draws are made on the CPU, where every machine draws alike."""

    seed: int

    def key(self, purpose: str, step: int = 0) -> int:
        """A 63-bit number for this purpose and step."""
        digest = hashlib.blake2b(f"{self.seed}/{step}/{purpose}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1

    def at(self, purpose: str, step: int = 0) -> torch.Generator:
        """A fresh generator for one purpose at one step."""
        import torch

        return torch.Generator().manual_seed(self.key(purpose, step))

    def uniform(self, shape: tuple[int, ...], purpose: str, step: int = 0) -> Tensor:
        """U[0,1) on the CPU."""
        import torch

        return torch.rand(shape, generator=self.at(purpose, step))

    def normal(self, shape: tuple[int, ...], purpose: str, step: int = 0) -> Tensor:
        """N(0,1) on the CPU."""
        import torch

        return torch.randn(shape, generator=self.at(purpose, step))
