"""What can be set of deep-daze's cuts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o cutouts.low=0.2``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    low: float = Field(default=0.1, gt=0, le=1, description="smallest side, in parts of the picture")
    high: float = Field(default=1.0, gt=0, le=1, description="largest side")
    saturate: bool = Field(default=False, description="let the smallest side grow to 0.75 while it paints")
    gauss: bool = Field(default=False, description="sides from a normal distribution; those outside the range from an even one")
    mean: float = Field(default=0.6, description="of that distribution")
    spread: float = Field(default=0.2, ge=0, description="its standard deviation")
    centre: bool = Field(default=False, description="cut around the middle more often")
    focus: float = Field(default=2.0, gt=0, description="how much more often: the middle's distance from the edge in standard deviations")
    whole: bool = Field(default=False, description="no cuts: the whole picture in every view")
