"""VQGAN's networks, bare: encoder, codebook, decoder (Esser, Rombach & Ommer 2021, arXiv 2012.09841).

Module names follow taming-transformers' state dicts, so that people's checkpoints load key for key. Pictures are
-1..1 here, as the weights expect; the generator around it speaks 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reverie.nets.bf16 import GroupNorm, attend


@dataclass(frozen=True)
class VQGANConfig:
    """taming's ``ddconfig`` with the codebook's two numbers; the defaults are the f=16 ImageNet model's.

    ``groups`` and ``mid_attention`` are ours: without attention in the middle a model trained on small crops paints
    any size, since nothing in it has seen how many places there are. ``gumbel`` is taming's GumbelVQ, whose encoder
    names a code by a vote for each (Jang et al. 2016, arXiv 1611.01144) rather than by what is near.
    """

    ch: int = 128
    ch_mult: tuple[int, ...] = (1, 1, 2, 2, 4)
    num_res_blocks: int = 2
    attn_resolutions: tuple[int, ...] = (16,)
    resolution: int = 256
    z_channels: int = 256
    embed_dim: int = 256
    n_embed: int = 1024
    groups: int = 32
    mid_attention: bool = True
    gumbel: bool = False

    @property
    def factor(self) -> int:
        """Pixels per code along each axis."""
        return 1 << (len(self.ch_mult) - 1)


def norm(channels: int, config: VQGANConfig) -> nn.GroupNorm:
    return GroupNorm(config.groups, channels, eps=1e-6)


class ResnetBlock(nn.Module):
    def __init__(self, inside: int, outside: int, config: VQGANConfig) -> None:
        super().__init__()
        self.norm1, self.conv1 = norm(inside, config), nn.Conv2d(inside, outside, 3, 1, 1)
        self.norm2, self.conv2 = norm(outside, config), nn.Conv2d(outside, outside, 3, 1, 1)
        self.nin_shortcut = nn.Conv2d(inside, outside, 1) if inside != outside else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))
        y = self.conv2(F.silu(self.norm2(y)))
        return y + (x if self.nin_shortcut is None else self.nin_shortcut(x))


class AttnBlock(nn.Module):
    """Single-head self-attention over all places."""

    def __init__(self, channels: int, config: VQGANConfig) -> None:
        super().__init__()
        self.norm = norm(channels, config)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        q, k, v = (part(y).flatten(2).transpose(1, 2).unsqueeze(1) for part in (self.q, self.k, self.v))
        mixed = attend(q, k, v).squeeze(1).transpose(1, 2).reshape(x.shape)
        return x + self.proj_out(mixed)


class Downsample(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 2, 0)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Twice the size by nearest neighbours, then a 3x3 convolution.

    Four of its nine taps fall on one pixel in each direction, so that it is four 2x2 convolutions of the small map, one for the
    pixels at even and at odd rows and columns: 4/9 of the products (a sub-pixel convolution, Shi et al. 2016, arXiv 1609.05158).
    In fp32 it is done as it was written: a sum in another order is enough for Adam's first steps to go another way.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        if not torch.is_autocast_enabled(x.device.type):
            return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        rows = [
            torch.stack([self._one(x, down, right).permute(0, 2, 3, 1) for right in (0, 1)], 3)  # [N,H,W,2,C]
            for down in (0, 1)
        ]
        return torch.stack(rows, 2).flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)

    def _one(self, x: Tensor, down: int, right: int) -> Tensor:
        """The pixels at rows 2i+down and columns 2j+right, [N,C,H,W]."""
        weight = _paired(_paired(self.conv.weight, 2, down), 3, right)
        return F.conv2d(F.pad(x, (1 - right, right, 1 - down, down)), weight, self.conv.bias)


def _paired(taps: Tensor, axis: int, late: int) -> Tensor:
    """Three taps along an axis as two: an even pixel's last two fall on the same small one, an odd one's first two."""
    one, two, three = taps.unbind(axis)
    return torch.stack((one + two, three) if late else (one, two + three), axis)


class Level(nn.Module):
    """One resolution: blocks, each followed by attention where ``attend``, then a change of scale where ``rescale``."""

    def __init__(self, channels: list[int], attend: bool, rescale: str, config: VQGANConfig) -> None:
        super().__init__()
        pairs = list(zip(channels, channels[1:], strict=False))
        self.block = nn.ModuleList(ResnetBlock(a, b, config) for a, b in pairs)
        self.attn = nn.ModuleList(AttnBlock(b, config) for _, b in pairs) if attend else nn.ModuleList()
        self.downsample = Downsample(channels[-1]) if rescale == "down" else None
        self.upsample = Upsample(channels[-1]) if rescale == "up" else None

    def forward(self, x: Tensor) -> Tensor:
        for i, block in enumerate(self.block):
            x = block(x)
            if len(self.attn):
                x = self.attn[i](x)
        if self.downsample is not None:
            x = self.downsample(x)
        return x if self.upsample is None else self.upsample(x)


class Middle(nn.Module):
    def __init__(self, channels: int, config: VQGANConfig) -> None:
        super().__init__()
        self.block_1 = ResnetBlock(channels, channels, config)
        self.attn_1 = AttnBlock(channels, config) if config.mid_attention else nn.Identity()
        self.block_2 = ResnetBlock(channels, channels, config)

    def forward(self, x: Tensor) -> Tensor:
        return self.block_2(self.attn_1(self.block_1(x)))


class Encoder(nn.Module):
    """[B,3,H,W] in -1..1 -> [B,z_channels,H/f,W/f]."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        widths = [config.ch * m for m in config.ch_mult]
        self.conv_in = nn.Conv2d(3, config.ch, 3, 1, 1)
        self.down = nn.ModuleList()
        before = config.ch
        for i, width in enumerate(widths):
            attend = config.resolution >> i in config.attn_resolutions
            rescale = "down" if i < len(widths) - 1 else ""
            self.down.append(Level([before] + [width] * config.num_res_blocks, attend, rescale, config))
            before = width
        self.mid = Middle(before, config)
        self.norm_out, self.conv_out = norm(before, config), nn.Conv2d(before, config.z_channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    """[B,z_channels,h,w] -> [B,3,h*f,w*f], about -1..1 and not clamped."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        widths = [config.ch * m for m in config.ch_mult]
        self.conv_in = nn.Conv2d(config.z_channels, widths[-1], 3, 1, 1)
        self.mid = Middle(widths[-1], config)
        before, levels = widths[-1], []
        for i, width in reversed(list(enumerate(widths))):
            attend = config.resolution >> i in config.attn_resolutions
            levels.append(Level([before] + [width] * (config.num_res_blocks + 1), attend, "up" if i > 0 else "", config))
            before = width
        self.up = nn.ModuleList(reversed(levels))  # stored fine to coarse, as taming does; run the other way round
        self.norm_out, self.conv_out = norm(before, config), nn.Conv2d(before, 3, 3, 1, 1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid(self.conv_in(z))
        for level in reversed(self.up):
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Codebook(nn.Module):
    """The codes and the search for the nearest, always in fp32: rounding there changes which code is taken."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.n_embed, config.embed_dim)
        nn.init.uniform_(self.embedding.weight, -1 / config.n_embed, 1 / config.n_embed)
        self.proj = nn.Conv2d(config.z_channels, config.n_embed, 1) if config.gumbel else None

    def indices(self, z: Tensor) -> Tensor:
        """The nearest code at each place: [B,D,h,w] -> int64 [B,h,w]."""
        with torch.autocast(z.device.type, enabled=False):
            codes = self.embedding.weight.float()
            flat = z.float().permute(0, 2, 3, 1).reshape(-1, codes.shape[1])
            far = codes.square().sum(1) - 2 * flat @ codes.T  # |z|^2 is the same for every code
            return far.argmin(1).view(z.shape[0], *z.shape[2:])

    def named(self, encoded: Tensor) -> Tensor:
        """The code that an encoder means at each place, by its vote or else the nearest: [B,D,h,w] -> int64 [B,h,w].

        taming draws from a GumbelVQ's vote, also when nothing is trained; the most likely code is the same every time.
        """
        return self.indices(encoded) if self.proj is None else self.proj(encoded).argmax(1)

    def vectors(self, indices: Tensor) -> Tensor:
        """[B,h,w] -> [B,D,h,w]."""
        return self.embedding(indices).permute(0, 3, 1, 2)

    def forward(self, z: Tensor) -> Tensor:
        """Quantise with the straight-through gradient (Bengio et al. 2013, arXiv 1308.3432)."""
        return z + (self.vectors(self.indices(z.detach())) - z).detach()


class VQGAN(nn.Module):
    """Encoder, codebook and decoder with the 1x1 maps between picture channels and code dimensions."""

    def __init__(self, config: VQGANConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quantize = Codebook(config)
        self.quant_conv = nn.Conv2d(config.z_channels, config.embed_dim, 1)
        self.post_quant_conv = nn.Conv2d(config.embed_dim, config.z_channels, 1)

    def encode(self, images: Tensor) -> Tensor:
        """[B,3,H,W] in -1..1 -> [B,D,H/f,W/f], before quantisation."""
        return self.quant_conv(self.encoder(images))

    def decode(self, codes: Tensor) -> Tensor:
        """[B,D,h,w] -> [B,3,h*f,w*f] in about -1..1, not clamped."""
        return self.decoder(self.post_quant_conv(codes))
