"""What ``init_weight`` holds a painting to: its first picture, or, as the originals had it, its first latent or zero."""

from __future__ import annotations

import torch
from torch import Tensor

from reverie.options.init import Options
from reverie.types import Latent


def flat(latent: Latent) -> Tensor:
    """Every value of the latent, [B,N]."""
    return torch.cat([part.flatten(1) for part in latent.parts], 1)


class Anchor:
    """Half the mean squared distance of a latent from where it began, or from 0, times a weight that may fall with the steps."""

    def __init__(self, origin: Tensor, weight: float, options: Options) -> None:
        self.origin, self.weight, self.options = origin, weight, options

    def __call__(self, latent: Latent, step: int) -> Tensor:
        """[B]"""
        return self.weight * self.options.share(step) / 2 * (flat(latent) - self.origin).square().mean(1)

    def renews(self, step: int) -> bool:
        """Whether the optimiser forgets what it knows before this step, since the loss is another from here on."""
        option = self.options
        return bool(option.drops) and step > 0 and step % option.every == 0 and step // option.every <= option.drops
