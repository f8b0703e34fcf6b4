"""What can be set of the generator stack."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o stack.ratio=1.4``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ratio: float = Field(default=1.5, gt=1.05, le=8, description="how much finer each picture is than the one below")
    finest: float = Field(default=0.5, gt=0, le=1, description="the finest picture's size in parts of the frame")
