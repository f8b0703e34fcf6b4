"""What can be set of the generator fft."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o fft.decay=1.5``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    contrast: float = Field(default=0.01, ge=0, le=10, description="standard deviation of the first waves")
    decay: float = Field(default=1.0, ge=0, le=4, description="how much weaker a wave is that is shorter: 1 by as much")
