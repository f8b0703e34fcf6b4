"""The built-in perceptor: a small CLIP trained by Reverie itself, adversarially, so that its gradients draw."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reverie.nets.miniclip import MiniCLIP
from reverie.options.mini import Options as Options
from reverie.tokens import Tokenizer
from reverie.weights import load_clip


class MiniPerceptor:
    """64x64 views, 256 dimensions. It was shown whole scenes, so its views cover most of the frame."""

    share, multilingual = (0.6, 1.1), False
    steady = True

    def __init__(self, network: MiniCLIP, tokens: Tokenizer, device: torch.device, cut: bool = False) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        self.tokens, self.device = tokens, device
        self.tower, self.scale = self.network.image, float(self.network.scale.exp())
        self.size, self.dim = network.config.size, network.config.dim
        self.limit, self.known = 0 if cut else tokens.length, tokens.known

    def count(self, text: str) -> int:
        return len(self.tokens.pieces_of(text))

    def read(self, texts: Sequence[str]) -> Tensor:
        return self.network.read(torch.tensor(self.tokens(texts), device=self.device))

    def look(self, views: Tensor) -> Tensor:
        return self.network.look(views.contiguous(memory_format=torch.channels_last))


def build(options: Options, device: torch.device) -> MiniPerceptor:
    return MiniPerceptor(*load_clip(options.weights), device, options.cut)
