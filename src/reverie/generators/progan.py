"""Progressive GAN: a vector of noise to a picture (Karras et al. 2017, arXiv 1710.10196).

There is no way from a picture back to a latent; a painting starts instead from that of many chance pictures which the
perceptors find most like the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from reverie.errors import Unsupported
from reverie.images import covering
from reverie.nets.progan import ProGAN, pixel_norm
from reverie.options.progan import Options as Options
from reverie.rng import Rng
from reverie.types import Latent
from reverie.weights import load_progan


class ProganGenerator:
    """The latent is noise [B,Z] on a sphere; pictures are enlarged to cover the frame."""

    rate = 0.05
    steady = True
    noise = (0,)  # the parts that lie near a sphere

    def __init__(self, network: ProGAN, options: Options, device: torch.device) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        self.options, self.device = options, device

    def check(self, height: int, width: int) -> None:
        """Every size can be covered."""

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        noise = torch.cat([rng.normal((1, self.network.config.latent), "start") for rng in rngs])
        return Latent((pixel_norm(noise).to(self.device),), height, width)

    def choices(self, rng: Rng, height: int, width: int) -> Latent:
        """As many chance starts as are to be tried."""
        noise = rng.normal((self.options.tries, self.network.config.latent), "choices")
        return Latent((pixel_norm(noise).to(self.device),), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        return covering(self.network(latent.parts[0]) / 2 + 0.5, latent.height, latent.width)

    def project(self, latent: Latent) -> None:
        """Back to the sphere: only the direction counts, and steps keep their size."""
        latent.parts[0].copy_(pixel_norm(latent.parts[0]))

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        """It is the same at every size."""
        return replace(latent, height=height, width=width)

    def encode(self, image: Tensor) -> Latent:
        raise Unsupported("progan cannot start from a picture: it has no encoder. stack, vqgan, siren and others can.")


def build(options: Options, device: torch.device) -> ProganGenerator:
    return ProganGenerator(load_progan(options.weights), options, device)
