"""A network of sines from places to colours, whose weights are the latent: deep-daze's picture (Wang 2021), on SIREN
(Sitzmann et al. 2020, arXiv 2006.09661). It has no pixels, so that any size can be painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from reverie.enlarge import enlarged, reduced
from reverie.errors import BadRequest
from reverie.nets.siren import SirenConfig, drawn, painted, places
from reverie.options.siren import Options as Options
from reverie.rng import Rng
from reverie.types import Latent

# Adam's step sizes for 16 layers of 256 sines, while painting and while a picture is learnt; with ten times as much neither
# settles. What a step of every weight does to the picture grows with their number along the way.
PAINTING, PRIMING = 3e-5, 1e-4
PIECE = 16384  # places at once on a CPU: what a layer makes of more of them is fetched from the system anew each time, page by page
COARSE, FINE = 32, 64  # pixels along the longer side of what is learnt: first its shapes, then its detail


class Siren:
    """The latent is each dream's own network: weights [B,out,in] and biases [B,out], layer after layer."""

    def __init__(self, options: Options, device: torch.device, again: bool = False) -> None:
        self.options, self.device, self.again = options, device, again
        self.config = SirenConfig(options.layers, options.width, options.first, options.hidden)
        self.pace = 16 / options.layers * 256 / options.width
        self.rate, self.steady = PAINTING * self.pace, options.finest == 1  # what enlarges is kept elsewhere

    def check(self, height: int, width: int) -> None:
        if min(height, width) < 8:
            raise BadRequest(f"siren cannot paint {width}x{height}: the smallest size is 8x8.")

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        parts = zip(*(drawn(self.config, rng) for rng in rngs), strict=True)
        return Latent(tuple(torch.cat(part).to(self.device) for part in parts), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        height, width = (max(1, round(side * self.options.finest)) for side in (latent.height, latent.width))
        images = self._image(latent.parts, height, width)
        if self.options.finest < 1:
            images = enlarged(images, latent.height, latent.width)
        return images

    def _image(self, parts: Sequence[Tensor], height: int, width: int) -> Tensor:
        where = places(height, width, self.device)
        pieces = where.split(max(1, PIECE // len(parts[0]))) if self.device.type == "cpu" else (where,)
        colours = torch.cat([painted(parts, piece, self.config, self.again) for piece in pieces], 1)
        return colours.transpose(1, 2).unflatten(2, (height, width)) / 2 + 0.5

    def project(self, latent: Latent) -> None:
        """Every network is allowed."""

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def frugal(self) -> Siren:
        return Siren(self.options, self.device, again=True)

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        """It is the same at every size."""
        return replace(latent, height=height, width=width)

    def encode(self, image: Tensor) -> Latent:
        """The network that has learnt the picture, coarsely, then finer; every one begins with the same weights.

        deep-daze compared 0..1 with what it then showed as -1..1, so that its pictures came out pale; here both are 0..1.
        """
        height, width = image.shape[-2:]
        parts = [part.repeat_interleave(len(image), 0).to(self.device).requires_grad_() for part in drawn(self.config, Rng(0))]
        optimiser = torch.optim.Adam(parts, lr=PRIMING * self.pace)
        with torch.enable_grad():
            for step in range(self.options.prime):
                scale = min(1.0, (COARSE if 3 * step < 2 * self.options.prime else FINE) / max(height, width))
                size = (max(1, round(height * scale)), max(1, round(width * scale)))
                wanted = reduced(image.to(self.device), *size)
                optimiser.zero_grad()
                (self._image(parts, *size) - wanted).square().mean((1, 2, 3)).sum().backward()
                optimiser.step()
        return Latent(tuple(part.detach() for part in parts), height, width)


def build(options: Options, device: torch.device) -> Siren:
    return Siren(options, device)
