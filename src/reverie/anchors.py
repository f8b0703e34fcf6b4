"""What ``init_weight`` holds a painting to: its first picture, or, as the originals had it, its first latent or zero."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from reverie.types import Latent


class InitOptions(BaseModel):
    """``-o init.rule=zero``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rule: Literal["picture", "latent", "zero"] = Field(
        default="picture", description="what is held to: the first picture, the first latent, 0"
    )
    fading: bool = Field(default=False, description="divide the weight by 2i+1 at step i, as VQGAN-CLIP did; latent and zero only")
    drops: int = Field(
        default=0, ge=0, description="how often the weight drops, by equal parts, until it is 0; 0 never; latent and zero only"
    )
    every: int = Field(default=50, ge=1, description="steps between drops, at which the optimiser starts anew")

    def share(self, step: int) -> float:
        """How much of the weight counts at a step."""
        faded = 1 / (2 * step + 1) if self.fading else 1.0
        return faded * (max(0, self.drops - step // self.every) / self.drops if self.drops else 1.0)


def flat(latent: Latent) -> Tensor:
    """Every value of the latent, [B,N]."""
    return torch.cat([part.flatten(1) for part in latent.parts], 1)


class Anchor:
    """Half the mean squared distance of a latent from where it began, or from 0, times a weight that may fall with the steps."""

    def __init__(self, origin: Tensor, weight: float, options: InitOptions) -> None:
        self.origin, self.weight, self.options = origin, weight, options

    def __call__(self, latent: Latent, step: int) -> Tensor:
        """[B]"""
        return self.weight * self.options.share(step) / 2 * (flat(latent) - self.origin).square().mean(1)

    def renews(self, step: int) -> bool:
        """Whether the optimiser forgets what it knows before this step, since the loss is another from here on."""
        option = self.options
        return bool(option.drops) and step > 0 and step % option.every == 0 and step // option.every <= option.drops
