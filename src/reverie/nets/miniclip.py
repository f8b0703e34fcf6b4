"""The built-in mini CLIP: a small residual image tower and a small transformer that reads sub-words.

Bare networks: no files, no devices, no policy. The image tower is smooth (SiLU) and ends in a head that keeps where
things are: a guide whose last step is a mean over places is content with a smear of the subject all over the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class MiniCLIPConfig:
    """Sizes of both towers. ``widths``: channels of the residual blocks; a block that widens halves the resolution.
    ``text_rank``: of the table of pieces, which was half of the text tower when it was whole."""

    size: int = 64
    dim: int = 256
    widths: tuple[int, ...] = (32, 64, 64, 128, 128, 256, 256)
    vocabulary: int = 4096
    length: int = 24
    text_width: int = 192
    text_layers: int = 2
    text_rank: int = 64


class Residual(nn.Module):
    """Two 3x3 convolutions with BatchNorm and SiLU; the skip of a strided block is an average pool and a 1x1."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        stride = 1 if inside == outside else 2
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outside)
        self.skip = nn.Identity() if stride == 1 else nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(inside, outside, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        y = F.silu(self.norm1(self.conv1(x)))
        return F.silu(self.norm2(self.conv2(y)) + self.skip(x))


class ImageTower(nn.Module):
    """[N,3,size,size] in 0..1 -> [N,dim], not normalised."""

    def __init__(self, config: MiniCLIPConfig) -> None:
        super().__init__()
        first, last = config.widths[0], config.widths[-1]
        self.stem = nn.Conv2d(3, first, 4, 2, 1)
        pairs = zip((first, *config.widths), config.widths, strict=False)
        self.blocks = nn.Sequential(*(Residual(a, b) for a, b in pairs))
        halvings = 1 + sum(a != b for a, b in zip((first, *config.widths), config.widths, strict=False))
        cells = config.size >> halvings
        self.squeeze = nn.Conv2d(last, last // 3, 1)
        self.head = nn.Linear(last // 3 * cells * cells, config.dim)

    def features(self, x: Tensor) -> list[Tensor]:
        """The activations after the stem and after each block: a perceptual yardstick."""
        found = [F.silu(self.stem((x - 0.5) * 4))]
        for block in self.blocks:
            found.append(block(found[-1]))
        return found

    def forward(self, x: Tensor) -> Tensor:
        deep = self.blocks(F.silu(self.stem((x - 0.5) * 4)))
        return self.head(F.silu(self.squeeze(deep)).flatten(1))


class Attention(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        count, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        # Written out: at a dozen tokens the fused CPU kernel costs more than the products themselves.
        scores = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5
        mixed = scores.masked_fill(~seen[:, None, None, :], -1e4).softmax(-1) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(count, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class TextTower(nn.Module):
    """Piece numbers [N,length] (0 = padding) -> [N,dim], not normalised."""

    def __init__(self, config: MiniCLIPConfig) -> None:
        super().__init__()
        self.embed = nn.Embedding(config.vocabulary, config.text_rank)
        self.widen = nn.Linear(config.text_rank, config.text_width, bias=False)
        self.place = nn.Parameter(nn.init.normal_(torch.empty(config.length, config.text_width), 0, 0.02))
        self.blocks = nn.ModuleList(Attention(config.text_width, 4) for _ in range(config.text_layers))
        self.norm = nn.LayerNorm(config.text_width)
        self.head = nn.Linear(config.text_width, config.dim)

    def forward(self, pieces: Tensor) -> Tensor:
        pieces = pieces[:, : max(1, int((pieces != 0).sum(1).max()))]
        seen = pieces != 0
        seen[:, 0] = True  # a text without a word attends to its first padding, however long its companions are
        x = self.widen(self.embed(pieces)) + self.place[: pieces.shape[1]]
        for block in self.blocks:
            x = block(x, seen)
        weight = seen.unsqueeze(-1).to(x.dtype)
        return self.head((self.norm(x) * weight).sum(1) / weight.sum(1))


class MiniCLIP(nn.Module):
    """Both towers and the learnt temperature (Radford et al. 2021, arXiv 2103.00020)."""

    def __init__(self, config: MiniCLIPConfig) -> None:
        super().__init__()
        self.config = config
        self.image = ImageTower(config)
        self.text = TextTower(config)
        self.scale = nn.Parameter(torch.tensor(2.6593))  # log(1 / 0.07), CLIP's start

    def look(self, images: Tensor) -> Tensor:
        return F.normalize(self.image(images).float(), dim=-1)

    def read(self, pieces: Tensor) -> Tensor:
        return F.normalize(self.text(pieces).float(), dim=-1)
