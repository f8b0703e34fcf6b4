"""Where a painting starts: from chance, from a picture, or from a sketch of the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from reverie.dream import Dream
from reverie.nets.sketch import Sketch
from reverie.rng import Rng
from reverie.tokens import Tokenizer
from reverie.types import Perceptor


class SketchOptions(BaseModel):
    """``-o sketch.hand=2``"""

    model_config = ConfigDict(frozen=True, extra="forbid")
    weights: str = Field(default="mini", description="'mini' (built in) or a safetensors file")
    hand: int | None = Field(default=None, ge=0, description="which of its ways of drawing; by default the best of some")
    tries: int = Field(default=4, ge=1, description="how many ways the seed draws, of which the perceptors choose one")


class Sketcher:
    """Draws coarsely what words mean, each time by another of its hands, as a picture to start from."""

    def __init__(self, network: Sketch, tokens: Tokenizer, device: torch.device) -> None:
        self.network, self.tokens, self.device = network.to(device).eval().requires_grad_(False), tokens, device

    def hands(self, rng: Rng, options: SketchOptions) -> list[int]:
        """The ways of drawing to try: the one that is asked for, or some that the seed draws."""
        count = self.network.config.hands
        if options.hand is not None:
            return [options.hand % count]
        drawn: list[int] = torch.randperm(count, generator=rng.at("hands"))[: options.tries].tolist()
        return drawn

    @torch.no_grad()
    def draw(self, text: str, hands: Sequence[int], height: int, width: int) -> Tensor:
        """[hands,3,height,width] in 0..1. In a picture that is not square the sketch stands in the middle and its edges
        run on to the sides."""
        pieces = torch.tensor(self.tokens([text] * len(hands)), device=self.device)
        coarse = self.network(pieces, torch.tensor(hands, device=self.device))
        side = min(height, width)
        square = F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False).clamp(0, 1)
        left, top = (width - side) // 2, (height - side) // 2
        return F.pad(square, (left, width - side - left, top, height - side - top), mode="replicate")


@torch.no_grad()
def favourite(pictures: Tensor, text: str, perceptors: Iterable[Perceptor]) -> Tensor:
    """Of pictures [K,3,H,W] the one [1,3,H,W] that the perceptors, each looking at the whole, find most like the text."""
    likeness = torch.zeros(len(pictures), device=pictures.device)
    for perceptor in perceptors:
        seen = perceptor.look(F.interpolate(pictures, size=(perceptor.size, perceptor.size), mode="area"))
        likeness = likeness + (seen.float() @ perceptor.read([text]).float().T).squeeze(1)
    return pictures[likeness.argmax()][None]


def subject(dream: Dream) -> str:
    """What to sketch: the text of the heaviest prompt, the first among equals; empty where none pulls."""
    best = max(dream.prompts, key=lambda prompt: prompt.weight)
    return best.text if best.weight > 0 else ""
