"""What can be set of the perceptor hf."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o hf.model=clip-vit-base-patch32/``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    model: str = Field(default="", description="a folder of Hugging Face's, or a name in its cache (openai/clip-vit-base-patch32)")
    download: bool = Field(default=False, description="fetch a name that is not in the cache")
    cut: bool = Field(default=False, description="read a text that is too long as far as it goes, instead of in parts")
