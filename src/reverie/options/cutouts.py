"""What can be set of the views."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """How views are cut and disturbed; set with ``-o cutouts.turn=10``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    turn: float = Field(default=8.0, ge=0, description="rotation, degrees (standard deviation)")
    stretch: float = Field(default=0.06, ge=0, le=0.5, description="change of aspect (standard deviation)")
    perspective: float = Field(default=0.06, ge=0, le=0.5, description="tilt (standard deviation)")
    flip: float = Field(default=0.5, ge=0, le=1, description="probability of a mirrored view")
    small: float = Field(default=0.12, ge=0, le=1, description="share of small views once the painting is half done")
    jitter: float = Field(default=0.08, ge=0, description="colour gain and shift (standard deviation)")
    noise: float = Field(default=0.06, ge=0, description="largest standard deviation of pixel noise")
    erase: float = Field(default=0.25, ge=0, le=1, description="probability that a patch of the view is missing")
