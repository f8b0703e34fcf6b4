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
    tries: int = Field(default=1100, ge=1, description="how many classes are tried for a start")
