"""BigGAN-deep: noise and weights of classes for every layer (Brock et al. 2018, arXiv 1809.11096).

The search through both, a set for every layer, is big-sleep's (Wang & Murdock 2021). There is no way from a picture back
to a latent; a painting starts instead from the class that the perceptors find most like the words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from reverie.errors import Unsupported
from reverie.images import covering
from reverie.nets.biggan import BigGAN
from reverie.options.biggan import Options as Options
from reverie.rng import Rng
from reverie.types import Latent
from reverie.weights import load_biggan

FIRST = 0.95  # the share of the class that a painting starts from


class BigganGenerator:
    """The latent is noise [B,L,Z] and raw weights of classes [B,L,C] for each of L layers; pictures are enlarged to cover the frame."""

    rate = 0.07  # big-sleep's
    noise = (0,)  # the parts that lie near a sphere

    def __init__(self, network: BigGAN, options: Options, device: torch.device) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        self.options, self.device = options, device

    def check(self, height: int, width: int) -> None:
        """Every size can be covered."""

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        classes = [int(torch.randint(self.network.config.num_classes, (), generator=rng.at("class"))) for rng in rngs]
        return self._latent(self._noise(rngs), torch.tensor(classes), height, width)

    def choices(self, rng: Rng, height: int, width: int) -> Latent:
        """One start for each class, or for as many as are to be tried, in the seed's order."""
        order = torch.randperm(self.network.config.num_classes, generator=rng.at("class"))[: self.options.tries]
        noise = rng.normal((len(order), 1, self.network.config.z_dim), "start")
        return self._latent(noise, order, height, width)

    def _noise(self, rngs: Sequence[Rng]) -> Tensor:
        return torch.cat([rng.normal((1, 1, self.network.config.z_dim), "start") for rng in rngs])

    def _latent(self, noise: Tensor, classes: Tensor, height: int, width: int) -> Latent:
        count = self.network.config.num_classes
        raw = torch.zeros(len(classes), 1, count)
        high, low = (_logit(FIRST), -10.0) if self.options.shares == "sigmoid" else (_logit(FIRST) + math.log(max(1, count - 1)), 0.0)
        raw.fill_(low)[torch.arange(len(classes)), 0, classes] = high
        depth = self.network.depth
        return Latent(tuple(part.expand(-1, depth, -1).contiguous().to(self.device) for part in (noise, raw)), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        noise, raw = latent.parts
        shares = raw.softmax(-1) if self.options.shares == "softmax" else raw.sigmoid()
        painted = self.network(noise * self.options.truncation, shares, self.options.truncation)
        return covering(painted / 2 + 0.5, latent.height, latent.width)

    def project(self, latent: Latent) -> None:
        """Noise beyond 2.5 was hardly ever seen."""
        latent.parts[0].clamp_(-2.5, 2.5)

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def encode(self, image: Tensor) -> Latent:
        raise Unsupported("biggan cannot start from a picture: it has no encoder. stack, vqgan and pixels can.")


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def build(options: Options, device: torch.device) -> BigganGenerator:
    return BigganGenerator(load_biggan(options.weights), options, device)
