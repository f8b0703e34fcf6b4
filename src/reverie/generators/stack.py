"""A sum of pictures at many resolutions, after Direct Ascent Synthesis (Fort & Whitaker 2025, arXiv 2502.07753).

All are optimised together; coarse ones move whole shapes, fine ones add detail. The sum turns what would be noise in
plain pixels into something that looks painted, with no weights at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reverie.enlarge import enlarged, reduced
from reverie.errors import BadRequest
from reverie.images import resized
from reverie.options.stack import Options as Options
from reverie.rng import Rng
from reverie.types import Latent


class Stack:
    """Pictures of growing size, each [B,3,h,w], upsampled, added and squashed to 0..1 by tanh."""

    rate = 0.002  # tuned for starts from a sketch: faster ones burn the colours out before the shapes come

    def __init__(self, options: Options, device: torch.device) -> None:
        self.options, self.device = options, device

    def check(self, height: int, width: int) -> None:
        if min(height, width) < 8:
            raise BadRequest(f"stack cannot paint {width}x{height}: the smallest size is 8x8.")

    def sizes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Coarse to fine; the coarsest has one value along its shorter side."""
        sizes, scale = [], 1 / min(height, width)
        while scale < self.options.finest:
            sizes.append((max(1, round(height * scale)), max(1, round(width * scale))))
            scale *= self.options.ratio
        sizes.append((max(1, round(height * self.options.finest)), max(1, round(width * self.options.finest))))
        return list(dict.fromkeys(sizes))

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        parts = [
            0.05 * torch.cat([rng.normal((1, 3, *size), f"start {i}") for rng in rngs]) for i, size in enumerate(self.sizes(height, width))
        ]
        return Latent(tuple(part.to(self.device) for part in parts), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        return 0.5 + 0.5 * self._sum(latent.parts, latent.height, latent.width).tanh()

    def _sum(self, parts: Sequence[Tensor], height: int, width: int) -> Tensor:
        return torch.stack([enlarged(part, height, width) for part in parts]).sum(0)

    def project(self, latent: Latent) -> None:
        """Every value is allowed."""

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        """Coarse pictures are the same at every size; the finest becomes the next finer one, and those beyond begin empty."""
        found = [latent.parts[0].new_zeros(*latent.parts[0].shape[:2], *size) for size in self.sizes(height, width)]
        for part in latent.parts:
            room = [i for i, empty in enumerate(found) if empty.shape[-2] >= part.shape[-2] and empty.shape[-1] >= part.shape[-1]]
            place = min(room, default=len(found) - 1)
            found[place] = found[place] + resized(part, found[place].shape[-2:], slopes)
        return Latent(tuple(found), height, width)

    def encode(self, image: Tensor) -> Latent:
        """Coarse to fine: each picture takes what the coarser ones left."""
        height, width = image.shape[-2:]
        rest = (image.to(self.device).clamp(0.01, 0.99) * 2 - 1).atanh()
        parts = []
        for size in self.sizes(height, width):
            part = reduced(rest, *size)
            rest = rest - self._sum([part], height, width)
            parts.append(part)
        return Latent(tuple(parts), height, width)


def build(options: Options, device: torch.device) -> Stack:
    return Stack(options, device)
