"""The five cut methods of VQGAN-CLIP: squares of many sizes, or the whole picture pooled, then augmented."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.cuts.augments import Augments, Fixed, letters
from reverie.cuts.resample import lanczos
from reverie.cuts.squares import Place, Squares, offsets
from reverie.losses import clamp_with_grad
from reverie.options.cutouts_notebook import Options as NotebookOptions
from reverie.rng import Rng, grain
from reverie.transfer import sent

POOLED = ("latest", "updatedpooling")
LETTERED = ("latest", "nrupdated")


class NotebookCutter:
    """``method`` is one of original, updated, nrupdated, updatedpooling and latest."""

    def __init__(self, views: int, size: int, options: NotebookOptions, method: str) -> None:
        self.views, self.size, self.options, self.method = views, size, options, method
        self.augment: Augments | None = None
        if method in LETTERED:
            self.augment = Augments(letters(options.augments), size, small=method == "nrupdated")
        elif method != "original":
            self.augment = Fixed(method)

    def draw(self, rngs: Sequence[Rng], step: int, progress: float, height: int, width: int) -> Squares:
        if self.method in POOLED:
            return Squares.none(len(rngs), self.views)
        most, least, places = min(height, width), min(height, width, self.size), list[Place]()
        for rng in rngs:
            draws = rng.uniform((self.views,), "sides", step) ** self.options.power
            places += offsets(rng, step, [int(draw * (most - least) + least) for draw in draws.tolist()], (height, width))
        return Squares.of(places, len(rngs), height, width)

    def cut(self, images: Tensor, geometry: Squares) -> Tensor:
        if not geometry.places:
            pooled = (F.adaptive_avg_pool2d(images, self.size) + F.adaptive_max_pool2d(images, self.size)) / 2
            return pooled.repeat_interleave(self.views, 0)
        return torch.cat([lanczos(piece, self.size) for piece in geometry.cut(images)])

    def disturb(self, views: Tensor, rngs: Sequence[Rng], step: int) -> Tensor:
        if self.augment is None:
            return clamp_with_grad(views)
        seen = self.augment(views, rngs, step)
        share = sent(torch.cat([rng.uniform((self.views, 1, 1, 1), "grain", step) for rng in rngs]), seen.device).to(seen.dtype)
        noise = grain(rngs, (self.views, *seen.shape[1:]), "noise", step, seen.device).to(seen.dtype)
        return torch.addcmul(seen, noise, self.options.noise * share)
