"""BigGAN-deep's generator, bare (Brock, Donahue & Simonyan 2018, arXiv 1809.11096, appendix B).

Module names follow pytorch-pretrained-biggan's state dicts, with spectral norms folded into the weights, so that
people's checkpoints load key for key. Pictures are -1..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class BigGANConfig:
    """pytorch-pretrained-biggan's ``config.json``; the defaults are the 128x128 ImageNet model's.

    ``layers``: whether a block doubles the sides, and its channels before and after in units of ``channel_width``.
    ``attention_layer_position`` below 0 leaves the attention out.
    """

    z_dim: int = 128
    class_embed_dim: int = 128
    channel_width: int = 128
    num_classes: int = 1000
    layers: tuple[tuple[bool, int, int], ...] = (
        (False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8),
        (True, 8, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1),
    )  # fmt: skip
    attention_layer_position: int = 8
    eps: float = 1e-4
    n_stats: int = 51

    @property
    def condition(self) -> int:
        """What every block is told: its noise and the class."""
        return self.z_dim + self.class_embed_dim

    @property
    def size(self) -> int:
        return 4 << sum(up for up, _, _ in self.layers)


class BatchNorm(nn.Module):
    """Batch norm whose gain and bias follow from a condition, with statistics for several truncations.

    Row r of the statistics belongs to truncation r / (rows - 1). While training, the batch's own serve and all rows follow.
    """

    def __init__(self, channels: int, config: BigGANConfig, conditional: bool = True) -> None:
        super().__init__()
        self.eps = config.eps
        self.running_means: Tensor
        self.running_vars: Tensor
        self.register_buffer("running_means", torch.zeros(config.n_stats, channels))
        self.register_buffer("running_vars", torch.ones(config.n_stats, channels))
        self.conditional = conditional
        if conditional:
            self.scale = nn.Linear(config.condition, channels, bias=False)
            self.offset = nn.Linear(config.condition, channels, bias=False)
        else:
            self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, truncation: float, condition: Tensor) -> Tensor:
        mean, var = self._measured(x) if self.training else self._kept(truncation)
        gain, bias = (1 + self.scale(condition), self.offset(condition)) if self.conditional else (self.weight[None], self.bias[None])
        gain = gain * (var + self.eps).rsqrt()
        return x * gain[..., None, None].to(x.dtype) + (bias - mean * gain)[..., None, None].to(x.dtype)

    def _measured(self, x: Tensor) -> tuple[Tensor, Tensor]:
        var, mean = torch.var_mean(x.float(), dim=(0, 2, 3), unbiased=False)
        with torch.no_grad():
            self.running_means.lerp_(mean.expand_as(self.running_means), 0.02)
            self.running_vars.lerp_(var.expand_as(self.running_vars), 0.02)
        return mean, var

    def _kept(self, truncation: float) -> tuple[Tensor, Tensor]:
        """Between two rows in proportion; upstream had the two weights the wrong way round."""
        place = truncation * (len(self.running_means) - 1)
        low, part = int(place), place - int(place)
        high = min(low + 1, len(self.running_means) - 1)
        return self.running_means[low].lerp(self.running_means[high], part), self.running_vars[low].lerp(self.running_vars[high], part)


class GenBlock(nn.Module):
    """A bottleneck of a quarter of the channels; the skip drops the channels that are too many."""

    def __init__(self, inside: int, outside: int, up: bool, config: BigGANConfig) -> None:
        super().__init__()
        middle = inside // 4
        self.up, self.outside = up, outside
        self.bn_0, self.conv_0 = BatchNorm(inside, config), nn.Conv2d(inside, middle, 1)
        self.bn_1, self.conv_1 = BatchNorm(middle, config), nn.Conv2d(middle, middle, 3, 1, 1)
        self.bn_2, self.conv_2 = BatchNorm(middle, config), nn.Conv2d(middle, middle, 3, 1, 1)
        self.bn_3, self.conv_3 = BatchNorm(middle, config), nn.Conv2d(middle, outside, 1)

    def forward(self, x: Tensor, truncation: float, condition: Tensor) -> Tensor:
        y = self.conv_0(F.relu(self.bn_0(x, truncation, condition)))
        y = F.relu(self.bn_1(y, truncation, condition))
        y = self.conv_1(F.interpolate(y, scale_factor=2.0) if self.up else y)
        y = self.conv_2(F.relu(self.bn_2(y, truncation, condition)))
        y = self.conv_3(F.relu(self.bn_3(y, truncation, condition)))
        skip = x[:, : self.outside]
        return y + (F.interpolate(skip, scale_factor=2.0) if self.up else skip)


class SelfAttn(nn.Module):
    """Self-attention over places (Zhang et al. 2018, arXiv 1805.08318)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.snconv1x1_theta = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.snconv1x1_phi = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.snconv1x1_g = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.snconv1x1_o_conv = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        count, _, height, width = x.shape
        asked = self.snconv1x1_theta(x).flatten(2)
        keys = F.max_pool2d(self.snconv1x1_phi(x), 2).flatten(2)
        values = F.max_pool2d(self.snconv1x1_g(x), 2).flatten(2)
        looks = (asked.transpose(1, 2) @ keys).softmax(-1)
        found = (values @ looks.transpose(1, 2)).view(count, -1, height, width)
        return x + self.gamma * self.snconv1x1_o_conv(found)


class Generator(nn.Module):
    """Conditions [B,L,D], one for the first map and one for each block, to [B,3,S,S]."""

    def __init__(self, config: BigGANConfig) -> None:
        super().__init__()
        width = config.channel_width
        self.first = config.layers[0][1] * width
        self.gen_z = nn.Linear(config.condition, 16 * self.first)
        layers: list[nn.Module] = []
        for place, (up, inside, outside) in enumerate(config.layers):
            if place == config.attention_layer_position:
                layers.append(SelfAttn(inside * width))
            layers.append(GenBlock(inside * width, outside * width, up, config))
        self.layers, self.attention = nn.ModuleList(layers), config.attention_layer_position
        last = config.layers[-1][2] * width
        self.bn = BatchNorm(last, config, conditional=False)
        self.conv_to_rgb = nn.Conv2d(last, 3, 3, 1, 1)

    def forward(self, conditions: Tensor, truncation: float) -> Tensor:
        x = self.gen_z(conditions[:, 0]).view(-1, 4, 4, self.first).permute(0, 3, 1, 2)  # TensorFlow's order of places
        block = 0
        for place, layer in enumerate(self.layers):
            if place == self.attention:
                x = layer(x)
            else:
                block += 1
                x = layer(x, truncation, conditions[:, block])
        return self.conv_to_rgb(F.relu(self.bn(x, truncation, conditions[:, 0]))).tanh()


class BigGAN(nn.Module):
    """Noise and weights of classes for each layer, to a picture."""

    def __init__(self, config: BigGANConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings = nn.Linear(config.num_classes, config.class_embed_dim, bias=False)
        self.generator = Generator(config)

    @property
    def depth(self) -> int:
        """How many conditions there are: the first map's and each block's."""
        return len(self.config.layers) + 1

    def forward(self, z: Tensor, classes: Tensor, truncation: float = 1.0) -> Tensor:
        """``z`` [B,L,Z] and ``classes`` [B,L,C], or L = 1 for the same everywhere, to [B,3,size,size] in -1..1."""
        conditions = torch.cat((z, self.embeddings(classes)), -1)
        return self.generator(conditions.expand(-1, self.depth, -1), truncation)
