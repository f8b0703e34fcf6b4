"""What can be set of big-sleep's cuts."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o cutouts.resample=bilinear``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    resample: Literal["nearest", "bilinear", "lanczos"] = Field(default="nearest", description="how cuts come to the perceptor's size")
    centre: bool = Field(default=False, description="cut around the middle more often")
