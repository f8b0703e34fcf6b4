"""The sketch: words to a coarse picture in one pass, a place from which to start painting.

After the feed-forward networks that were trained beside VQGAN+CLIP to skip its first steps (mehdidc, 2021), but
learnt from pictures instead of from CLIP, and for any generator: what it draws is 32x32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from reverie.nets.miniclip import MiniCLIPConfig, TextTower


@dataclass(frozen=True)
class SketchConfig:
    """``hands``: how many ways of drawing the same thing can be asked for; ``widths``: channels from 4x4 to 32x32;
    ``rank``: of the map from condition to the first 4x4, which was half of all weights when it was whole."""

    hands: int = 8
    widths: tuple[int, ...] = (160, 128, 96, 64)
    cond: int = 384
    hidden: int = 512
    rank: int = 160
    vocabulary: int = 4096
    length: int = 24
    dim: int = 256
    text_width: int = 192
    text_rank: int = 64

    @property
    def size(self) -> int:
        return 4 << (len(self.widths) - 1)


class Grow(nn.Module):
    """Twice the size, one convolution, and a scale and shift per channel from the condition (Perez et al. 2018, arXiv 1709.07871)."""

    def __init__(self, inside: int, outside: int, cond: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 3, 1, 1)
        self.norm = nn.GroupNorm(8, outside, affine=False)
        self.film = nn.Linear(cond, 2 * outside)

    def forward(self, x: Tensor, cond: Tensor) -> Tensor:
        x = self.norm(self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest")))
        scale, shift = self.film(cond)[..., None, None].chunk(2, 1)
        return F.silu(x * (1 + scale) + shift)


class Sketch(nn.Module):
    """Piece numbers [N,length] and hands [N] -> [N,3,32,32] in about 0..1."""

    def __init__(self, config: SketchConfig) -> None:
        super().__init__()
        self.config = config
        self.text = TextTower(
            MiniCLIPConfig(
                dim=config.dim,
                vocabulary=config.vocabulary,
                length=config.length,
                text_width=config.text_width,
                text_rank=config.text_rank,
            )  # fmt: skip
        )
        self.enter = nn.Linear(config.dim, config.cond)
        self.hand = nn.Embedding(config.hands, config.cond)
        # What a thing looks like by one hand says little of how another draws it: the two must mix before anything is drawn.
        self.mix = nn.Sequential(nn.Linear(config.cond, config.hidden), nn.SiLU(), nn.Linear(config.hidden, config.cond))
        self.seed = nn.Sequential(nn.Linear(config.cond, config.rank, bias=False), nn.Linear(config.rank, config.widths[0] * 16))
        self.grow = nn.ModuleList(Grow(a, b, config.cond) for a, b in zip(config.widths, config.widths[1:], strict=False))
        self.out = nn.Conv2d(config.widths[-1], 3, 3, 1, 1)

    def forward(self, pieces: Tensor, hands: Tensor) -> Tensor:
        said = F.normalize(self.text(pieces).float(), dim=-1) * self.config.dim**0.5
        told = self.enter(said) + self.hand(hands)
        cond = F.silu(told + self.mix(F.silu(told)))
        x = F.silu(self.seed(cond)).view(len(pieces), -1, 4, 4)
        for part in self.grow:
            x = part(x, cond)
        return self.out(x) / 4 + 0.5
