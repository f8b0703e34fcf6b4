"""What can be set of the generator progan."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o progan.tries=4096``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="mini", description="'mini' (built in), a safetensors file, or a checkpoint of pytorch_GAN_zoo's")
    tries: int = Field(default=1024, ge=1, description="how many chance pictures are tried for a start")
