"""VQGAN: codes on a grid, decoded by a convolutional network (Esser et al. 2021, arXiv 2012.09841)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reverie.errors import BadRequest
from reverie.images import resized
from reverie.nets.again import recomputed
from reverie.nets.vqgan import VQGAN, AttnBlock, ResnetBlock, Upsample
from reverie.options.vqgan import Options as Options
from reverie.rng import Rng
from reverie.types import Latent
from reverie.weights import load_vqgan


class VqganGenerator:
    """The latent is [B,D,H/f,W/f], continuous; each decode snaps it to the nearest codes, straight-through.

    After every step it is clipped to the codebook's bounds per dimension, as most of the originals did.
    """

    rate = 0.05
    steady = True

    def __init__(self, network: VQGAN, options: Options, device: torch.device) -> None:
        self.network = network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        self.options, self.device = options, device
        codes = self.network.quantize.embedding.weight
        self.low, self.high = codes.amin(0).view(1, -1, 1, 1), codes.amax(0).view(1, -1, 1, 1)

    def check(self, height: int, width: int) -> None:
        check_grid("vqgan", self.network.config.factor, height, width)

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        book, factor = self.network.quantize, self.network.config.factor
        shape = (1, height // factor, width // factor)
        if self.options.first == "uniform":
            wide = (1, self.network.config.embed_dim, *shape[1:])
            return Latent((2 * torch.cat([rng.uniform(wide, "start") for rng in rngs]).to(self.device),), height, width)
        indices = [torch.randint(len(book.embedding.weight), shape, generator=rng.at("start")) for rng in rngs]
        return Latent((book.vectors(torch.cat(indices).to(self.device)).contiguous(),), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        return self.network.decode(self.network.quantize(latent.parts[0])) / 2 + 0.5

    def project(self, latent: Latent) -> None:
        if self.options.bounds:
            latent.parts[0].copy_(latent.parts[0].maximum(self.low).minimum(self.high))

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def frugal(self) -> VqganGenerator:
        return VqganGenerator(recomputed(self.network, ResnetBlock, AttnBlock, Upsample), self.options, self.device)

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        factor = self.network.config.factor
        return Latent((resized(latent.parts[0], (height // factor, width // factor), slopes),), height, width)

    def encode(self, image: Tensor) -> Latent:
        book = self.network.quantize
        with torch.no_grad():
            codes = book.vectors(book.named(self.network.encode(image.to(self.device) * 2 - 1)))
        return Latent((codes.float().contiguous(),), image.shape[-2], image.shape[-1])


def check_grid(name: str, factor: int, height: int, width: int) -> None:
    """Raise ``BadRequest`` for sides that are no whole number of codes, or fewer than two."""
    if height % factor or width % factor or min(height, width) < 2 * factor:
        near = [tuple(max(2, (side + extra) // factor) * factor for side in (width, height)) for extra in (0, factor - 1)]
        sizes = " and ".join(f"{w}x{h}" for w, h in dict.fromkeys(near))
        raise BadRequest(f"{name} cannot paint {width}x{height}: sides are multiples of {factor}. Nearest sizes: {sizes}.")


def build(options: Options, device: torch.device) -> VqganGenerator:
    return VqganGenerator(load_vqgan(options.weights, options.config), options, device)
