"""The judge: a small ConvNeXt (Liu et al. 2022, arXiv 2201.03545) that names what it sees, one head per kind of fact.

Bare network: no files, no devices, no policy. Of another family than the guide, whose pictures it judges: large
depthwise kernels, LayerNorm and GELU instead of 3x3 convolutions, BatchNorm and SiLU, and names instead of a text tower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class JudgeConfig:
    """Sizes. ``heads``: how many things, grounds, colours and styles there are, the absent one counted in where it can be said."""

    size: int = 64
    widths: tuple[int, ...] = (32, 96, 192)
    depths: tuple[int, ...] = (1, 3, 3)
    kernel: int = 5
    grow: int = 3
    heads: tuple[int, int, int, int] = (597, 28, 14, 12)


class Verdict(NamedTuple):
    """What is in each picture, as logits [N, options] per kind of fact."""

    thing: Tensor
    ground: Tensor
    colour: Tensor
    style: Tensor


class Block(nn.Module):
    """Look around in each channel, then mix the channels of each place."""

    def __init__(self, width: int, kernel: int, grow: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(width, width, kernel, 1, kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, grow * width), nn.Linear(grow * width, width)
        self.gain = nn.Parameter(torch.ones(width))  # not ConvNeXt's 1e-6: seven blocks need no help, and learn sooner so

    def forward(self, x: Tensor) -> Tensor:
        y = self.around(x).permute(0, 2, 3, 1)
        y = self.down(F.gelu(self.up(self.norm(y)))) * self.gain
        return x + y.permute(0, 3, 1, 2).to(x.dtype)


class Judge(nn.Module):
    """[N,3,size,size] in 0..1 -> ``Verdict``."""

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.config = config
        first, last = config.widths[0], config.widths[-1]
        self.stem = nn.Conv2d(3, first, 4, 2, 1)
        stages: list[nn.Module] = []
        for i, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            if i:
                stages += [nn.GroupNorm(1, config.widths[i - 1]), nn.Conv2d(config.widths[i - 1], width, 2, 2)]
            stages += [Block(width, config.kernel, config.grow) for _ in range(depth)]
        self.stages = nn.Sequential(*stages)
        self.norm = nn.LayerNorm(2 * last)
        self.drop = nn.Dropout(0.1)
        self.heads = nn.Linear(2 * last, sum(config.heads))

    def features(self, images: Tensor) -> Tensor:
        """[N, 2 * widths[-1]]: the mean and the strongest of each channel over all places."""
        deep = self.stages(self.stem((images - 0.5) * 4)).float()
        return self.norm(torch.cat((deep.mean((2, 3)), deep.amax((2, 3))), 1))

    def forward(self, images: Tensor) -> Verdict:
        return Verdict(*self.heads(self.drop(self.features(images))).float().split(list(self.config.heads), 1))
