"""What can be set of the perceptor openclip."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """``-o openclip.model=MobileCLIP2-S0 -o openclip.weights=FILE``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    model: str = Field(default="", description="a network by open_clip's name, or a folder with an open_clip_config.json and its weights")
    weights: str = Field(default="", description="its checkpoint, a file or an installed model; a folder brings its own")
    tag: str = Field(
        default="",
        description="which of open_clip's weights the checkpoint is (laion2b_s32b_b82k), where they differ in how pictures are scaled",
    )
    tokenizer: str = Field(default="", description="a folder with the tokenizer, for networks whose own lies on a hub (SigLIP)")
    cut: bool = Field(default=False, description="read a text that is too long as far as it goes, instead of in parts")
