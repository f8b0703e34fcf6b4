"""What can be set of the generator vqgan."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o vqgan.weights=my-vqgan.safetensors``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(
        default="mini", description="'mini' (built in), a safetensors file, or a checkpoint of taming's or latent-diffusion's"
    )
    config: str = Field(default="", description="the YAML of a checkpoint, where it does not stand beside it under the same name")
    first: Literal["codes", "uniform"] = Field(
        default="codes", description="a start from chance: codes of the book, or numbers from 0 to 2 as in the pooling notebooks"
    )
    bounds: bool = Field(default=True, description="keep to the range of the book's codes, as most of the originals did")
