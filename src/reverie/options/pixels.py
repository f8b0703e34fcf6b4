"""What can be set of the generator pixels."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o pixels.contrast=0.2``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    contrast: float = Field(default=0.05, ge=0, le=1, description="standard deviation of the first noise")
