"""BigGAN-deep: noise and weights of classes for every layer (Brock et al. 2018, arXiv 1809.11096).

The search through both, a set for every layer, is big-sleep's (Wang & Murdock 2021). There is no way from a picture back
to a latent; a painting starts instead from the class that the perceptors find most like the words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from reverie.errors import Unsupported
from reverie.images import covering
from reverie.nets.again import recomputed
from reverie.nets.biggan import BigGAN, GenBlock, SelfAttn
from reverie.options.biggan import Options as Options
from reverie.rng import Rng
from reverie.types import Latent
from reverie.weights import load_biggan

FIRST = 0.95  # the share of the class that a painting starts from
MIX = (-3.9, 0.3)  # mean and deviation of big-sleep's first raw weights


class BigganGenerator:
    """The latent is noise [B,L,Z] and raw weights of classes [B,L,C] for each of L layers; pictures are enlarged to cover the frame.

    With a basis of K starts it is [B,K,L,Z], [B,K,L,C] and the raw weights [B,K,L] by which each layer mixes them, after
    FuseDream (Liu et al. 2021, arXiv 2112.01573).
    """

    rate = 0.07  # big-sleep's
    steady = True
    noise = (0,)  # the parts that lie near a sphere

    def __init__(self, network: BigGAN, options: Options, device: torch.device) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        self.options, self.device = options, device

    def check(self, height: int, width: int) -> None:
        """Every size can be covered."""

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        if self.options.first == "mix":
            return self._mixes([self._drawn(rng, "mix") for rng in rngs], height, width)
        classes = [int(torch.randint(self.network.config.num_classes, (), generator=rng.at("class"))) for rng in rngs]
        return self._latent(self._noise(rngs), torch.tensor(classes), height, width)

    def choices(self, rng: Rng, height: int, width: int) -> Latent:
        """One start for each class, or for as many as are to be tried, in the seed's order; or as many mixes of them."""
        if self.options.first == "mix":
            return self._mixes([self._drawn(rng, f"mix {i}") for i in range(self.options.tries)], height, width)
        order = torch.randperm(self.network.config.num_classes, generator=rng.at("class"))[: self.options.tries]
        noise = rng.normal((len(order), 1, self.network.config.z_dim), "start")
        return self._latent(noise, order, height, width)

    def _drawn(self, rng: Rng, purpose: str) -> tuple[Tensor, Tensor]:
        """big-sleep's first latent: noise [1,L,Z] and raw weights [1,L,C], each of about a fiftieth by the sigmoid."""
        shapes = ((1, self.network.depth, size) for size in (self.network.config.z_dim, self.network.config.num_classes))
        noise, raw = (rng.normal(shape, f"{purpose} {part}") for part, shape in enumerate(shapes))
        return noise, raw * MIX[1] + MIX[0]

    def _mixes(self, drawn: Sequence[tuple[Tensor, Tensor]], height: int, width: int) -> Latent:
        return Latent(tuple(torch.cat(part).to(self.device) for part in zip(*drawn, strict=True)), height, width)

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
        noise, shares = self._told(latent)
        painted = self.network(noise * self.options.truncation, shares, self.options.truncation)
        return covering(painted / 2 + 0.5, latent.height, latent.width)

    def mixed(self, ranked: Latent) -> Latent:
        """The best start, or the best few as a basis: of the best at first as much as of all the others."""
        count = min(self.options.basis, len(ranked.parts[0]))
        noise, raw = (part[:count] for part in ranked.parts)
        if count == 1:
            return replace(ranked, parts=(noise, raw))
        weights = noise.new_zeros(1, count, self.network.depth)
        weights[:, 0] = math.log(count - 1)
        return replace(ranked, parts=(noise[None], raw[None], weights))

    def _told(self, latent: Latent) -> tuple[Tensor, Tensor]:
        """[B,L,Z] and [B,L,C]: each layer's noise and shares of classes."""
        noise, shares = latent.parts[0], self._shares(latent.parts[1])
        if len(latent.parts) == 2:
            return noise, shares
        weights = latent.parts[2].softmax(1).unsqueeze(3)
        return (noise * weights).sum(1), (shares * weights).sum(1)

    def _shares(self, raw: Tensor) -> Tensor:
        """[...,C]: how much of each class a layer is told."""
        if self.options.max_classes:
            return likeliest(raw, self.options.max_classes, self.options.temperature)
        return raw.softmax(-1) if self.options.shares == "softmax" else raw.sigmoid()

    def project(self, latent: Latent) -> None:
        """Noise beyond 2.5 was hardly ever seen; penalties see to that themselves."""
        if not self.options.penalties:
            latent.parts[0].clamp_(-2.5, 2.5)

    def prior(self, latent: Latent) -> Tensor | None:
        """big-sleep's penalties, where they are asked for."""
        if not self.options.penalties:
            return None
        noise, shares = self._told(latent)
        return self.options.penalties * (unlike_noise(noise) + many_classes(shares))

    def frugal(self) -> BigganGenerator:
        return BigganGenerator(recomputed(self.network, GenBlock, SelfAttn), self.options, self.device)

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        """It is the same at every size."""
        return replace(latent, height=height, width=width)

    def encode(self, image: Tensor) -> Latent:
        raise Unsupported("biggan cannot start from a picture: it has no encoder. stack, vqgan, siren and others can.")


def likeliest(raw: Tensor, count: int, temperature: float) -> Tensor:
    """Shares [...,C] of the ``count`` likeliest classes, zeros elsewhere: one after the other by the softmax of those that are left."""
    shares = torch.zeros_like(raw)
    for _ in range(min(count, raw.shape[-1])):
        share, place = (raw / temperature).softmax(-1).max(-1, keepdim=True)
        shares = shares.scatter(-1, place, share)
        raw = raw.scatter(-1, place, -torch.inf)
    return shares


def unlike_noise(noise: Tensor) -> Tensor:
    """[B]: how unlike numbers from N(0,1) each layer's noise [B,L,Z] is, by big-sleep: spread, mean, size, kurtosis and skewness."""
    mean = noise.mean(2, keepdim=True)
    scaled = (noise - mean) / noise.var(2, unbiased=False, keepdim=True).clamp_min(1e-12).sqrt()
    bent = (scaled.pow(4).mean(2) - 3).abs() + scaled.pow(3).mean(2).abs()
    return (1 - noise.std(2)).abs().mean(1) + mean.abs().mean((1, 2)) + 4 * noise.square().mean((1, 2)).clamp_min(1) + bent.mean(1)


def many_classes(shares: Tensor) -> Tensor:
    """[B]: the mean square of fifty times every share [B,L,C] but each layer's largest, as in big-sleep."""
    rest = shares.square().sum(2) - shares.amax(2).square()
    return 2500 * rest.mean(1) / max(1, shares.shape[2] - 1)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def build(options: Options, device: torch.device) -> BigganGenerator:
    return BigganGenerator(load_biggan(options.weights), options, device)
