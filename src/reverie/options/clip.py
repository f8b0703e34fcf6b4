"""What can be set of the perceptor clip."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o clip.weights=ViT-B-32.pt``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="", description="OpenAI's .pt, open_clip's .bin, .pt or .safetensors, or a folder of Hugging Face's")
    activation: Literal["auto", "quickgelu", "gelu"] = Field(default="auto", description="which GELU the network was trained with")
    merges: str = Field(
        default="", description="the tokenizer: bpe_simple_vocab_16e6.txt.gz, or a folder with a tokenizer.json or vocab.json"
    )
    cut: bool = Field(default=False, description="read a text that is too long as far as it goes, instead of in parts")
