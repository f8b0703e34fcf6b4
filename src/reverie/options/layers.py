"""What can be set of how layers are dreamt into."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o layers.octaves=4``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    octaves: int = Field(default=3, ge=1, le=16, description="sizes at which the picture is shown, one after another, the smallest first")
    ratio: float = Field(default=1.4, gt=1, le=4, description="how much larger each octave is than the one before")
    over: Literal["tiles", "views"] = Field(
        default="tiles", description="what is shown: the whole picture in tiles, shifted at each step, or cut-outs as --cutouts has them"
    )
    together: int = Field(
        default=64, ge=1, description="tiles or cut-outs that are looked at at once: fewer need less memory and more time"
    )
