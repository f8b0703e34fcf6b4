"""What can be set of the perceptor mini."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o mini.weights=my-clip.safetensors``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="mini", description="'mini' (built in) or a safetensors file")
    cut: bool = Field(default=False, description="read a text that is too long as far as it goes, instead of in parts")
