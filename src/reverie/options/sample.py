"""What can be set of a start from a sample."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o sample.tries=8``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(
        default="mini", description="the code transformer: 'mini' (built in), a safetensors file, or a Net2NetTransformer's checkpoint"
    )
    guide: str = Field(default="mini", description="the perceptor that it was trained with: 'mini' or a safetensors file")
    vqgan: str = Field(default="mini", description="the VQGAN that it was trained with: 'mini' or a safetensors file")
    tries: int = Field(default=4, ge=1, le=64, description="how many pictures the seed draws, of which the perceptors choose one")
    temperature: float = Field(default=0.8, ge=0, le=10, allow_inf_nan=False, description="how far a draw strays from the likeliest codes")
    guidance: float = Field(default=3.0, ge=0, le=20, allow_inf_nan=False, description="how hard the words pull; 0 as the data has it")
