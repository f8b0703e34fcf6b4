"""What can be set of the cuts of VQGAN-CLIP's five methods."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

LETTERS = ("Ji", "Sh", "Gn", "Pe", "Ro", "Af", "Et", "Ts", "Cr", "Er", "Re", "Hf")  # the last of EleutherAI's fork


class Options(BaseModel):
    """``-o cutouts.augments=AfPeJiEr``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    power: float = Field(default=1.0, gt=0, description="above 1 for smaller cuts; pooling methods cut nothing")
    noise: float = Field(default=0.1, ge=0, description="largest standard deviation of pixel noise; 'original' has none")
    augments: str = Field(
        default="Af Pe Ji Er",
        description=f"what happens to views, in this order: {' '.join(LETTERS)}; 'latest' and 'nrupdated' only",
    )
