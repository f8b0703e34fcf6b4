"""SIREN, bare: a picture as a network of sines from places to colours (Sitzmann et al. 2020, arXiv 2006.09661).

B pictures are one batched network: weights [B,out,in] and biases [B,out] by turns, first layer first. Colours are -1..1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from reverie.rng import Rng


@dataclass(frozen=True)
class SirenConfig:
    """deep-daze's: ``layers`` of sines and a linear one; ``first`` and ``hidden`` are how fast the sines turn."""

    layers: int = 16
    width: int = 256
    first: float = 30.0
    hidden: float = 30.0

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Each layer's outputs and inputs."""
        return [(self.width, 2), *[(self.width, self.width)] * (self.layers - 1), (3, self.width)]


def drawn(config: SirenConfig, rng: Rng) -> list[Tensor]:
    """One picture's first weights, leading with 1: as wide as keeps every layer's sines alike, biases too, as in deep-daze."""
    parts = []
    for layer, (outside, inside) in enumerate(config.shapes):
        bound = math.sqrt(6 / inside) / config.hidden if layer else 1 / inside
        for name, shape in (("weight", (1, outside, inside)), ("bias", (1, outside))):
            parts.append((rng.uniform(shape, f"siren {name} {layer}") * 2 - 1) * bound)
    return parts


def places(height: int, width: int, device: torch.device) -> Tensor:
    """[height*width,2]: y and x of every pixel, row after row; the longer side is -1..1, and pixels are square."""
    longest = max(height, width, 2) - 1
    y, x = (torch.arange(side, device=device) * 2 - (side - 1.0) for side in (height, width))
    return torch.stack(torch.meshgrid(y / longest, x / longest, indexing="ij"), -1).view(-1, 2)


def painted(parts: Sequence[Tensor], where: Tensor, config: SirenConfig, again: bool = False) -> Tensor:
    """Colours [B,N,3], about -1..1 and not clamped, at N places [N,2].

    Autocast reaches the hidden layers' products alone: a sine that turns thirty times as fast as its argument does not
    bear that argument rounded. ``again``: hidden layers are computed again on the way back instead of being kept.
    """
    last = len(parts) // 2 - 1
    x = where.expand(len(parts[0]), -1, -1)
    for layer in range(last + 1):
        # How fast a sine turns is multiplied into its few weights, not into what it makes of every place.
        turns = 1.0 if layer == last else config.hidden if layer else config.first
        weight, bias = turns * parts[2 * layer].transpose(1, 2), turns * parts[2 * layer + 1].unsqueeze(1)
        if 0 < layer < last:
            given = (x, weight, bias)
            x = checkpoint(_sines, *given, use_reentrant=False, preserve_rng_state=False) if again else _sines(*given)
        else:
            with torch.autocast(x.device.type, enabled=False):
                x = torch.baddbmm(bias, x, weight)
            x = x if layer else torch.sin(x)
    return x


def _sines(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.sin(torch.bmm(x, weight).float() + bias)
