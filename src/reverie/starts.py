"""Where a painting starts: from chance, from a picture, or from a sketch of the words."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from reverie.dream import Dream
from reverie.nets.sketch import Sketch
from reverie.rng import Rng
from reverie.tokens import Tokenizer


class SketchOptions(BaseModel):
    """``-o sketch.hand=2``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="mini", description="'mini' (built in) or a safetensors file")
    hand: int | None = Field(default=None, ge=0, description="which of its ways of drawing; the seed chooses by default")


class Sketcher:
    """Draws coarsely what words mean, each time by another of its hands, as a picture to start from."""

    def __init__(self, network: Sketch, tokens: Tokenizer, device: torch.device) -> None:
        self.network, self.tokens, self.device = network.to(device).eval().requires_grad_(False), tokens, device

    @torch.no_grad()
    def draw(self, text: str, rng: Rng, height: int, width: int, hand: int | None = None) -> Tensor:
        """[1,3,height,width] in 0..1; the seed picks the hand where none is given. In a picture that is not square the
        sketch stands in the middle and its edges run on to the sides."""
        hands = self.network.config.hands
        chosen = int(rng.uniform((1,), "hand") * hands) if hand is None else hand % hands
        pieces = torch.tensor(self.tokens([text]), device=self.device)
        coarse = self.network(pieces, torch.tensor([chosen], device=self.device))
        side = min(height, width)
        square = F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False).clamp(0, 1)
        left, top = (width - side) // 2, (height - side) // 2
        return F.pad(square, (left, width - side - left, top, height - side - top), mode="replicate")


def subject(dream: Dream) -> str:
    """What to sketch: the text of the heaviest prompt, the first among equals; empty where none pulls."""
    best = max(dream.prompts, key=lambda prompt: prompt.weight)
    return best.text if best.weight > 0 else ""
