"""Eyes that are compared: whoever takes pictures [N,3,H,W] in 0..1 and T texts and tells how well each text fits, [N,T]."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from reverie.perceptors.judge import CHUNK, fitted
from reverie.reading import read
from reverie.types import Perceptor

Eye = Callable[[Tensor, Sequence[str]], Tensor]


class GuideEye:
    """The cosine of each picture, seen whole, with each text: what a perceptor is asked when it guides."""

    def __init__(self, perceptor: Perceptor, device: torch.device | str = "cpu") -> None:
        self.perceptor, self.device = perceptor, torch.device(device)

    @torch.no_grad()
    def __call__(self, images: Tensor, texts: Sequence[str]) -> Tensor:
        views = fitted(images, self.perceptor.size)
        seen = torch.cat([self.perceptor.look(chunk.to(self.device)) for chunk in views.split(CHUNK)])
        told = torch.cat([read(texts[at : at + CHUNK], self.perceptor) for at in range(0, len(texts), CHUNK)])
        return (seen.float() @ told.T).cpu()
