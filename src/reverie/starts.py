"""Where a painting starts: from chance, from a picture, or from a sketch of the words."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.dream import Dream
from reverie.nets.sketch import Sketch
from reverie.rng import Rng
from reverie.tokens import Tokenizer


class Sketcher:
    """Draws coarsely what words mean, each time by another of its hands, as a picture to start from."""

    def __init__(self, network: Sketch, tokens: Tokenizer, device: torch.device) -> None:
        self.network, self.tokens, self.device = network.to(device).eval().requires_grad_(False), tokens, device

    @torch.no_grad()
    def draw(self, texts: Sequence[str], rngs: Sequence[Rng], height: int, width: int) -> Tensor:
        """[N,3,height,width] in 0..1; the seed picks the hand. In a picture that is not square the sketch stands in the
        middle and its edges run on to the sides."""
        hands = [int(rng.uniform((1,), "hand") * self.network.config.hands) for rng in rngs]
        pieces = torch.tensor(self.tokens(texts), device=self.device)
        coarse = self.network(pieces, torch.tensor(hands, device=self.device))
        side = min(height, width)
        square = F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=False).clamp(0, 1)
        left, top = (width - side) // 2, (height - side) // 2
        return F.pad(square, (left, width - side - left, top, height - side - top), mode="replicate")


def subject(dream: Dream) -> str:
    """What to sketch: the text of the heaviest prompt, the first among equals; empty where none pulls."""
    best = max(dream.prompts, key=lambda prompt: prompt.weight)
    return best.text if best.weight > 0 else ""
