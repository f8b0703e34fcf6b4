"""What can be set of a start from a sketch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o sketch.hand=2``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="mini", description="'mini' (built in) or a safetensors file")
    guide: str = Field(default="mini", description="the perceptor by whose text tower it reads: 'mini' or a safetensors file")
    hand: int | None = Field(default=None, ge=0, description="which of its ways of drawing; by default the best of some")
    tries: int = Field(default=4, ge=1, description="how many ways the seed draws, of which the perceptors choose one")
