"""What can be set of the generator siren."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o siren.layers=8``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    layers: int = Field(default=16, ge=1, le=64, description="layers of sines")
    width: int = Field(default=256, ge=1, le=4096, description="sines in each layer")
    first: float = Field(default=30.0, gt=0, le=1000, description="how fast the first layer's sines turn: more draws finer")
    hidden: float = Field(default=30.0, gt=0, le=1000, description="how fast the other layers' sines turn")
    finest: float = Field(default=0.5, gt=0, le=1, description="what is computed, in parts of the frame's sides; the rest is enlarged")
    prime: int = Field(default=45, ge=0, le=10_000, description="steps in which a picture to start from is learnt")
