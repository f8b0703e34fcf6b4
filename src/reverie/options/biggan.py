"""What can be set of the generator biggan."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o biggan.truncation=0.7``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="mini", description="'mini' (built in), a safetensors file, or pytorch-pretrained-biggan's folder")
    truncation: float = Field(default=1.0, ge=0, le=1, description="smaller paints more alike and more typical")
    shares: Literal["softmax", "sigmoid"] = Field(
        default="softmax", description="how classes mix: to 1 in all, or each on its own (big-sleep)"
    )
    tries: int = Field(default=1100, ge=1, description="how many classes, or mixes of them, are tried for a start")
    first: Literal["class", "mix"] = Field(
        default="class", description="a start: one class, or a little of every class and other noise in each layer (big-sleep)"
    )
    basis: int = Field(
        default=1, ge=1, le=64, description="so many of the best starts are mixed, by weights that are searched too (FuseDream)"
    )
    max_classes: int | None = Field(default=None, ge=1, description="mix only the likeliest so many classes, each by its share (big-sleep)")
    temperature: float = Field(default=2.0, gt=0, le=100, description="with max_classes: higher makes their shares more alike")
    penalties: float = Field(
        default=0.0, ge=0, le=1000, description="weight of big-sleep's: noise as it was drawn, few classes; 0.01 is as there"
    )
