"""What can be set of the generator logits."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o logits.sure=3``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="mini", description="'mini' (built in), a safetensors file, or a checkpoint, as for vqgan")
    config: str = Field(default="", description="the YAML of a checkpoint, where it does not stand beside it under the same name")
    spread: float = Field(default=1.0, ge=0, le=100, description="standard deviation of the first logits in a start from chance")
    sure: float = Field(default=0.9, gt=0, lt=1, description="the share of each place's own code in a start from a picture")
