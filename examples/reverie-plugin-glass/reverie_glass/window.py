"""A round window, an objective: what lies outside of an ellipse should be dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from torch import Tensor, device

    from reverie.types import Objective, Seen


class Options(BaseModel):
    """``-o window.radius=0.8``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    radius: float = Field(default=0.95, gt=0, le=2, description="of the window; at 1 it touches the sides")


def build(options: Options, device: device) -> Objective:
    import torch

    def window(images: Tensor, seen: Seen, step: int) -> Tensor:
        height, width = images.shape[-2:]
        y, x = torch.linspace(-1, 1, height, device=images.device), torch.linspace(-1, 1, width, device=images.device)
        outside = (y.view(-1, 1).square() + x.square() > options.radius**2).to(images.dtype)
        return (outside * images.square()).flatten(1).mean(1)

    return window
