"""What can be set of how likeness to the prompts is measured."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o resemblance.measure=cosine``; by default half the squared angle, as the notebooks had it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    measure: Literal["angle", "cosine"] = Field(default="angle", description="half the squared angle, or minus the cosine")
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False, description="how much all of it counts")
    weights: Literal["shares", "sum"] = Field(
        default="shares", description="prompts' weights as shares of the dream's total, or as they are"
    )
    together: float = Field(default=0.0, ge=0, le=1, description="share of the loss that looks at the mean of several views at once")
    group: int = Field(default=0, ge=0, description="how many views that mean is of; 0 all")
