"""Stained glass, a generator. The entry point names this module; torch is left to ``build``, so that options are quick to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import torch

    from reverie_glass.panes import Glass


class Options(BaseModel):
    """``-o glass.panes=200``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    panes: int = Field(default=300, ge=4, le=4000, description="pieces of glass in the picture")
    lead: float = Field(default=0.08, gt=0, le=1, description="half the width of the lead between panes, in panes")
    sharp: float = Field(default=16.0, ge=1, le=100, description="how little colour runs from pane to pane")


def build(options: Options, device: torch.device) -> Glass:
    from reverie_glass.panes import Glass

    return Glass(options, device)
