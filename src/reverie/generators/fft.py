"""A picture as waves of all lengths, the short ones held back, in colours that vary apart: lucid's parametrisation
(Olah, Mordvintsev & Schubert 2017, "Feature Visualization", distill.pub/2017/feature-visualization)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from reverie.errors import BadRequest
from reverie.options.fft import Options as Options
from reverie.rng import Rng
from reverie.types import Latent

# The root of how colours vary together in ImageNet's pictures, as published in lucid (lucid/optvis/param/color.py).
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
SCALE = 4.0  # lucid's: by it the waves of a first picture come out as about a grey with some colour


class Fft:
    """The latent is [B,2,3,H,W//2+1]: real and imaginary parts of each uncorrelated channel's spectrum."""

    rate = 0.05

    def __init__(self, options: Options, device: torch.device) -> None:
        self.options, self.device = options, device
        root = torch.tensor(COLOURS)
        self.mix = (root / root.norm(dim=0).max()).to(device)  # [colour, channel]

    def check(self, height: int, width: int) -> None:
        if min(height, width) < 8:
            raise BadRequest(f"fft cannot paint {width}x{height}: the smallest size is 8x8.")

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        noise = torch.cat([rng.normal((1, 2, 3, height, width // 2 + 1), "start") for rng in rngs])
        return Latent((self.options.contrast * noise.to(self.device),), height, width)

    def __call__(self, latent: Latent) -> Tensor:
        height, width = latent.height, latent.width
        with torch.autocast(self.device.type, enabled=False):
            real, imaginary = latent.parts[0].unbind(1)
            channels = torch.fft.irfft2(torch.complex(real, imaginary) * self._loudness(height, width), s=(height, width))
            return torch.einsum("kc,bchw->bkhw", self.mix, channels).sigmoid()

    def _loudness(self, height: int, width: int) -> Tensor:
        """[height,width//2+1]: how strong each wave is, by its length; those longer than the picture as that long."""
        lines = torch.fft.fftfreq(height, device=self.device)[:, None]
        across = torch.fft.rfftfreq(width, device=self.device)
        return math.sqrt(height * width) / SCALE / torch.hypot(lines, across).clamp_min(1 / max(height, width)) ** self.options.decay

    def project(self, latent: Latent) -> None:
        """Every value is allowed."""

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        """The same waves, and none of those that only the larger picture has room for, or the smaller one had for half."""
        high, wide = latent.height, latent.width
        rows = torch.arange(1 - -(-min(high, height) // 2), -(-min(high, height) // 2), device=self.device)
        columns = torch.arange(-(-min(wide, width) // 2), device=self.device)
        old, new = (self._loudness(*size)[rows][:, columns] for size in ((high, wide), (height, width)))
        gain = height * width / (high * wide) * old / new
        waves = latent.parts[0][..., rows, :][..., columns]
        found = waves.new_zeros(*waves.shape[:3], height, width // 2 + 1)
        found[..., rows.remainder(height)[:, None], columns] = waves / gain if slopes else waves * gain
        return Latent((found,), height, width)

    def encode(self, image: Tensor) -> Latent:
        height, width = image.shape[-2:]
        raw = image.to(self.device).clamp(0.01, 0.99).logit()
        channels = torch.einsum("ck,bkhw->bchw", torch.linalg.inv(self.mix), raw)
        waves = torch.fft.rfft2(channels) / self._loudness(height, width)
        return Latent((torch.stack((waves.real, waves.imag), 1),), height, width)


def build(options: Options, device: torch.device) -> Fft:
    return Fft(options, device)
