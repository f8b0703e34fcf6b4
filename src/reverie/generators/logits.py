"""VQGAN by chances: how likely each code of the book is in each place, searched by drawing (Crowson's "codebook sampling", 2021).

Where ``vqgan`` moves between neighbouring codes, here any code may come anywhere at any step, and what helped grows likelier.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reverie.generators import vqgan
from reverie.generators.vqgan import VqganGenerator, check_grid
from reverie.options.logits import Options as Options
from reverie.rng import Rng
from reverie.transfer import exact_place, sent
from reverie.types import Latent


class Logits:
    """The latent is [B,K,H/f,W/f]: each code's logit in each place. Draws are straight-through to the softmax."""

    rate = 1.0  # for tens of steps from a picture; the notebook took hundreds at 0.05, from chance

    def __init__(self, by: VqganGenerator, options: Options) -> None:
        self.vqgan, self.network, self.options, self.device = by, by.network, options, by.device

    def check(self, height: int, width: int) -> None:
        check_grid("logits", self.network.config.factor, height, width)

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        factor = self.network.config.factor
        shape = (1, self.network.config.n_embed, height // factor, width // factor)
        logits = torch.cat([rng.normal(shape, "start") for rng in rngs])
        return Latent((self.options.spread * logits.to(self.device),), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        return self._painted(latent.parts[0], latent.parts[0].argmax(1))

    def draw(self, latent: Latent, rngs: Sequence[Rng], step: int) -> Tensor:
        """A code for each place by its chances; one number per place decides, so that rounding hardly ever does."""
        logits = latent.parts[0]
        with torch.no_grad():
            dice = sent(torch.cat([rng.uniform((1, 1, *logits.shape[2:]), "codes", step) for rng in rngs]), self.device)
            below = logits.softmax(1).to(exact_place(self.device)).cumsum(1).to(self.device) <= dice
            codes = below.sum(1).clamp_max(logits.shape[1] - 1)
        return self._painted(logits, codes)

    def _painted(self, logits: Tensor, codes: Tensor) -> Tensor:
        """The picture of these codes [B,h,w]; its gradient goes to all codes as if the softmax had mixed them."""
        book = self.network.quantize
        with torch.autocast(self.device.type, enabled=False):
            mixed = torch.einsum("bkhw,kd->bdhw", logits.softmax(1), book.embedding.weight.float())
            taken = mixed + (book.vectors(codes).float() - mixed).detach()
        return self.network.decode(taken) / 2 + 0.5

    def project(self, latent: Latent) -> None:
        """Every value is allowed."""

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def frugal(self) -> Logits:
        return Logits(self.vqgan.frugal(), self.options)

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        return self.vqgan.grown(latent, height, width, slopes)

    def encode(self, image: Tensor) -> Latent:
        """In each place the picture's own code stands out, and those that are near it in the book are likelier than others."""
        book = self.network.quantize.embedding.weight.float()
        own = self.vqgan.encode(image).parts[0]
        far = torch.cdist(own.flatten(2).transpose(1, 2), book).square().transpose(1, 2)  # [B,K,places]
        logits = (-far * self._sharpness(far)).unflatten(2, own.shape[2:])
        return Latent((logits.contiguous(),), image.shape[-2], image.shape[-1])

    def _sharpness(self, far: Tensor) -> Tensor:
        """[B,1,places]: by how much squared distances count, for the nearest code to have the share that it should."""
        low, high = torch.full_like(far[:, :1], -20.0), torch.full_like(far[:, :1], 20.0)
        for _ in range(30):  # by halves: the share only grows with it
            middle = (low + high) / 2
            short = (-far * middle.exp()).softmax(1).amax(1, keepdim=True) < self.options.sure
            low, high = torch.where(short, middle, low), torch.where(short, high, middle)
        return high.exp()


def build(options: Options, device: torch.device) -> Logits:
    return Logits(vqgan.build(vqgan.Options(weights=options.weights, config=options.config), device), options)
