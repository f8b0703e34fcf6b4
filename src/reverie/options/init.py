"""What can be set of what init_weight holds to."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
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
