"""CLIP's ResNets (Radford et al. 2021, arXiv 2103.00020, section 2.4), under the names of OpenAI's files.

Against the usual ResNet: three convolutions in the stem, an average pool before every strided step so that nothing
aliases, and attention instead of the last pool.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDER = 4  # a block's way out is so many times as wide as its middle
SMALLER = 32  # pixels of the picture, along a side, to one of the last map
HEAD = 64  # channels of an attention head


@dataclass(frozen=True)
class ResNetConfig:
    """``size`` in pixels; ``width`` of the stem; ``layers``: blocks of each of the four stages."""

    size: int
    width: int
    layers: tuple[int, ...]

    @property
    def last(self) -> int:
        """Channels of the last map."""
        return self.width * 8 * WIDER

    @property
    def heads(self) -> int:
        return max(1, self.last // HEAD)


def resnet_of(shapes: Mapping[str, Sequence[int]]) -> ResNetConfig:
    """The sizes of the tower whose tensors have these shapes; raises ``KeyError`` for a tensor that none goes without."""
    grid = isqrt(shapes["visual.attnpool.positional_embedding"][0] - 1)
    width = shapes["visual.layer1.0.conv1.weight"][0]
    layers = [len({name.split(".")[2] for name in shapes if name.startswith(f"visual.layer{stage}.")}) for stage in (1, 2, 3, 4)]
    return ResNetConfig(grid * SMALLER, width, tuple(layers))


class Norm(nn.Module):
    """Batch normalisation by the statistics that were learnt, whatever it is shown."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.ones_(torch.empty(channels)))
        self.bias = nn.Parameter(nn.init.zeros_(torch.empty(channels)))
        self.running_mean, self.running_var = nn.Buffer(torch.zeros(channels)), nn.Buffer(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1; strides are average pools."""

    def __init__(self, inside: int, middle: int, stride: int) -> None:
        super().__init__()
        outside = middle * WIDER
        self.conv1, self.bn1 = nn.Conv2d(inside, middle, 1, bias=False), Norm(middle)
        self.conv2, self.bn2 = nn.Conv2d(middle, middle, 3, 1, 1, bias=False), Norm(middle)
        self.conv3, self.bn3 = nn.Conv2d(middle, outside, 1, bias=False), Norm(outside)
        self.stride, self.downsample = stride, None
        if stride > 1 or inside != outside:
            self.downsample = nn.Sequential(OrderedDict({"0": nn.Conv2d(inside, outside, 1, bias=False), "1": Norm(outside)}))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        if self.stride > 1:
            x, y = F.avg_pool2d(x, self.stride), F.avg_pool2d(y, self.stride)
        skip = x if self.downsample is None else self.downsample(x)
        return F.relu(self.bn3(self.conv3(y)) + skip)


class AttentionPool(nn.Module):
    """[N,C,H,W] -> [N,dim]: the mean of all places attends to them and to itself."""

    def __init__(self, config: ResNetConfig, dim: int) -> None:
        super().__init__()
        self.heads, places = config.heads, (config.size // SMALLER) ** 2 + 1
        self.positional_embedding = nn.Parameter(nn.init.normal_(torch.empty(places, config.last), 0, config.last**-0.5))
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(config.last, config.last) for _ in range(3))
        self.c_proj = nn.Linear(config.last, dim)

    def forward(self, x: Tensor) -> Tensor:
        places = x.flatten(2).transpose(1, 2)
        places = torch.cat((places.mean(1, keepdim=True), places), 1) + self.positional_embedding
        asked, keys, values = self.q_proj(places[:, :1]), self.k_proj(places), self.v_proj(places)
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (asked, keys, values))
        return self.c_proj(F.scaled_dot_product_attention(q, k, v).flatten(1))


class ModifiedResNet(nn.Module):
    """[N,3,size,size], normalised -> [N,dim]."""

    def __init__(self, config: ResNetConfig, dim: int) -> None:
        super().__init__()
        half = config.width // 2
        self.conv1, self.bn1 = nn.Conv2d(3, half, 3, 2, 1, bias=False), Norm(half)
        self.conv2, self.bn2 = nn.Conv2d(half, half, 3, 1, 1, bias=False), Norm(half)
        self.conv3, self.bn3 = nn.Conv2d(half, config.width, 3, 1, 1, bias=False), Norm(config.width)
        inside = config.width
        for stage, count in enumerate(config.layers):
            middle = config.width << stage
            blocks = [Bottleneck(inside, middle, 2 if stage else 1)]
            inside = middle * WIDER
            blocks += [Bottleneck(inside, middle, 1) for _ in range(count - 1)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.attnpool = AttentionPool(config, dim)

    def forward(self, x: Tensor) -> Tensor:
        for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = F.relu(norm(conv(x)))
        x = F.avg_pool2d(x, 2)
        for stage in (1, 2, 3, 4):
            x = getattr(self, f"layer{stage}")(x)
        return self.attnpool(x)
