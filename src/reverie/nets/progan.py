"""Progressive GAN's generator, bare (Karras et al. 2017, arXiv 1710.10196).

Module names follow pytorch_GAN_zoo's state dicts, so that people's checkpoints load key for key. Pictures are about -1..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class ProGANConfig:
    """Sizes; the defaults are the zoo's 128x128 texture model's (``testDTD_s5``). ``scales``: channels from 8x8 on."""

    latent: int = 512
    first: int = 512
    scales: tuple[int, ...] = (512, 512, 512, 256, 128)
    leak: float = 0.2

    @property
    def size(self) -> int:
        return 4 << len(self.scales)


def pixel_norm(x: Tensor) -> Tensor:
    """Each place's vector of channels at root mean square 1."""
    return x * (x.float().square().mean(1, keepdim=True) + 1e-8).rsqrt().to(x.dtype)


class Equalised(nn.Module):
    """A layer whose weights are scaled as He et al. would start them, at every use; upstream scales its bias, too."""

    def __init__(self, module: nn.Linear | nn.Conv2d) -> None:
        super().__init__()
        self.module = module
        nn.init.normal_(module.weight)
        assert module.bias is not None
        nn.init.zeros_(module.bias)
        self.scale = (2 / module.weight[0].numel()) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x) * self.scale


def _conv(inside: int, outside: int, kernel: int = 3) -> Equalised:
    return Equalised(nn.Conv2d(inside, outside, kernel, padding=kernel // 2))


class ProGAN(nn.Module):
    """Noise [B,latent] to [B,3,size,size]; while it grows, to a smaller picture, the last doubling faded in."""

    def __init__(self, config: ProGANConfig) -> None:
        super().__init__()
        self.config = config
        channels = (config.first, *config.scales)
        self.formatLayer = Equalised(nn.Linear(config.latent, 16 * config.first))
        self.groupScale0 = nn.ModuleList([_conv(config.first, config.first)])
        pairs = zip(channels, config.scales, strict=False)
        self.scaleLayers = nn.ModuleList(nn.ModuleList([_conv(a, b), _conv(b, b)]) for a, b in pairs)
        self.toRGBLayers = nn.ModuleList(_conv(width, 3, kernel=1) for width in channels)

    def forward(self, z: Tensor, scale: int | None = None, faded: float = 1.0) -> Tensor:
        """``scale``: how many doublings, all by default; ``faded``: the share of the last one, beside the smaller picture."""
        scale = len(self.scaleLayers) if scale is None else scale
        x = self._act(self.formatLayer(pixel_norm(z))).view(len(z), -1, 4, 4)
        x = pixel_norm(x)
        x = pixel_norm(self._act(self.groupScale0[0](x)))
        before = x
        for doubling in list(self.scaleLayers)[:scale]:
            before, x = x, F.interpolate(x, scale_factor=2.0)
            assert isinstance(doubling, nn.ModuleList)
            for conv in doubling:
                x = pixel_norm(self._act(conv(x)))
        painted: Tensor = self.toRGBLayers[scale](x)
        if faded < 1 and scale:
            coarse = F.interpolate(self.toRGBLayers[scale - 1](before), scale_factor=2.0)
            painted = coarse.lerp(painted, faded)
        return painted

    def _act(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.config.leak)
