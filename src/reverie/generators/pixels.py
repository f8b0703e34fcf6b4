"""The plainest latent: the picture itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reverie.errors import BadRequest
from reverie.images import resized
from reverie.options.pixels import Options as Options
from reverie.rng import Rng
from reverie.types import Latent


class Pixels:
    """Pixels through a sigmoid: [B,3,H,W] raw values, so that no colour is ever out of range."""

    rate = 0.05

    def __init__(self, options: Options, device: torch.device) -> None:
        self.options, self.device = options, device

    def check(self, height: int, width: int) -> None:
        if min(height, width) < 8:
            raise BadRequest(f"pixels cannot paint {width}x{height}: the smallest size is 8x8.")

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        noise = torch.cat([rng.normal((1, 3, height, width), "start") for rng in rngs])
        return Latent((4 * self.options.contrast * noise.to(self.device),), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        return latent.parts[0].sigmoid()

    def project(self, latent: Latent) -> None:
        """Every value is allowed."""

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        return Latent((resized(latent.parts[0], (height, width), slopes),), height, width)

    def encode(self, image: Tensor) -> Latent:
        raw = image.to(self.device).clamp(0.01, 0.99).logit()
        return Latent((raw,), image.shape[-2], image.shape[-1])


def build(options: Options, device: torch.device) -> Pixels:
    return Pixels(options, device)
