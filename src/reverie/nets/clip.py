"""CLIP as OpenAI published it: an image tower (a ViT, or the ResNet in ``clip_resnet``) and a text transformer.

Bare networks (Radford et al. 2021, arXiv 2103.00020), with the tensors named as in OpenAI's files, which open_clip's
share. All sizes follow from the tensors' shapes, but the heads of the widest towers and which GELU it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reverie.nets.bf16 import attend, patches
from reverie.nets.clip_resnet import ModifiedResNet, ResNetConfig, resnet_of

QUICK = 1.702  # of OpenAI's quick GELU (Hendrycks & Gimpel 2016, arXiv 1606.08415)
HEAD = 64  # channels of an attention head ...
# ... but in open_clip's ViT-H, g, bigG and e, by their widths: all have 16 heads.
WIDE_HEADS: Mapping[int, int] = MappingProxyType({1280: 16, 1408: 16, 1664: 16, 1792: 16})


@dataclass(frozen=True)
class Stack:
    """Sizes of a transformer; ``hidden`` is the width of its blocks' MLPs."""

    width: int
    layers: int
    heads: int
    hidden: int


@dataclass(frozen=True)
class ViTConfig:
    """``size`` and ``patch`` in pixels along a side."""

    size: int
    patch: int
    stack: Stack


@dataclass(frozen=True)
class CLIPConfig:
    """``quick``: whether the transformers' activation is OpenAI's quick GELU; ``length``: tokens of a text."""

    dim: int
    image: ViTConfig | ResNetConfig
    text: Stack
    length: int
    vocabulary: int
    quick: bool = True

    @property
    def size(self) -> int:
        return self.image.size


def config_of(shapes: Mapping[str, Sequence[int]], quick: bool) -> CLIPConfig:
    """The sizes of the network whose tensors have these shapes; raises ``KeyError`` for a tensor that none goes without."""
    dim = shapes["text_projection"][1]
    (length, _), (vocabulary, _) = shapes["positional_embedding"], shapes["token_embedding.weight"]
    image = _vit_of(shapes) if "visual.proj" in shapes else resnet_of(shapes)
    return CLIPConfig(dim, image, _stack_of(shapes, "", {}), length, vocabulary, quick)


def _vit_of(shapes: Mapping[str, Sequence[int]]) -> ViTConfig:
    patch = shapes["visual.conv1.weight"][-1]
    grid = isqrt(shapes["visual.positional_embedding"][0] - 1)
    return ViTConfig(grid * patch, patch, _stack_of(shapes, "visual.", WIDE_HEADS))


def _stack_of(shapes: Mapping[str, Sequence[int]], inside: str, heads: Mapping[int, int]) -> Stack:
    block = f"{inside}transformer.resblocks."
    hidden, width = shapes[f"{block}0.mlp.c_fc.weight"]
    layers = len({name.removeprefix(block).split(".")[0] for name in shapes if name.startswith(block)})
    return Stack(width, layers, heads.get(width, max(1, width // HEAD)), hidden)


class QuickGELU(nn.Module):
    """x * sigmoid(QUICK x), which is silu(QUICK x) / QUICK."""

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(QUICK * x) * (1 / QUICK)


class LayerNorm(nn.LayerNorm):
    """In its weights' own precision, also where the rest is bf16; the sums of blocks stay exact with it."""

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x.to(self.weight.dtype), self.normalized_shape, self.weight, self.bias, self.eps)


class Attention(nn.Module):
    """Self-attention; with ``causal`` no place sees what comes after it."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.in_proj_weight = nn.Parameter(nn.init.normal_(torch.empty(3 * width, width), 0, width**-0.5))
        self.in_proj_bias = nn.Parameter(nn.init.zeros_(torch.empty(3 * width)))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self._out(attend(q, k, v, self.causal))

    def first(self, x: Tensor) -> Tensor:
        """What the first place hears, [N,1,width], for a third of the work; not for a causal one."""
        width = x.shape[2]
        weights, biases = self.in_proj_weight.split((width, 2 * width)), self.in_proj_bias.split((width, 2 * width))
        q = F.linear(x[:, :1], weights[0], biases[0]).unflatten(2, (self.heads, -1)).transpose(1, 2)
        k, v = F.linear(x, weights[1], biases[1]).unflatten(2, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self._out(attend(q, k, v))

    def _out(self, mixed: Tensor) -> Tensor:
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, stack: Stack, causal: bool, quick: bool) -> None:
        super().__init__()
        self.ln_1, self.attn = LayerNorm(stack.width), Attention(stack.width, stack.heads, causal)
        self.ln_2 = LayerNorm(stack.width)
        widen, narrow = nn.Linear(stack.width, stack.hidden), nn.Linear(stack.hidden, stack.width)
        self.mlp = nn.Sequential(OrderedDict(c_fc=widen, gelu=QuickGELU() if quick else nn.GELU(), c_proj=narrow))

    def forward(self, x: Tensor) -> Tensor:
        return self._widened(x + self.attn(self.ln_1(x)))

    def first(self, x: Tensor) -> Tensor:
        """The first place alone, [N,1,width]."""
        return self._widened(x[:, :1] + self.attn.first(self.ln_1(x)))

    def _widened(self, x: Tensor) -> Tensor:
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """[N,L,width] -> [N,L,width]."""

    def __init__(self, stack: Stack, causal: bool, quick: bool) -> None:
        super().__init__()
        self.resblocks = nn.Sequential(*(Block(stack, causal, quick) for _ in range(stack.layers)))

    def forward(self, x: Tensor) -> Tensor:
        return self.resblocks(x)

    def first(self, x: Tensor) -> Tensor:
        """What comes out at the first place, [N,width]: nothing else of the last block is worked out."""
        *blocks, last = self.resblocks
        for block in blocks:
            x = block(x)
        found: Tensor = last.first(x)  # type: ignore[operator]
        return found[:, 0]


class VisionTransformer(nn.Module):
    """[N,3,size,size], normalised -> [N,dim] (Dosovitskiy et al. 2020, arXiv 2010.11929, with a norm before the blocks)."""

    def __init__(self, config: ViTConfig, dim: int, quick: bool) -> None:
        super().__init__()
        width = config.stack.width
        places = (config.size // config.patch) ** 2 + 1
        self.conv1 = nn.Conv2d(3, width, config.patch, config.patch, bias=False)
        self.class_embedding = nn.Parameter(nn.init.normal_(torch.empty(width), 0, width**-0.5))
        self.positional_embedding = nn.Parameter(nn.init.normal_(torch.empty(places, width), 0, width**-0.5))
        self.ln_pre, self.ln_post = LayerNorm(width), LayerNorm(width)
        self.transformer = Transformer(config.stack, False, quick)
        self.proj = nn.Parameter(nn.init.normal_(torch.empty(width, dim), 0, width**-0.5))

    def forward(self, x: Tensor) -> Tensor:
        seen = F.linear(patches(x, self.conv1.kernel_size[0]), self.conv1.weight.flatten(1))
        first = self.class_embedding.to(seen.dtype).expand(len(x), 1, -1)
        x = self.ln_pre(torch.cat((first, seen), 1) + self.positional_embedding)
        return self.ln_post(self.transformer.first(x)) @ self.proj


class CLIP(nn.Module):
    """Both towers; the text tower's parts lie at the top, as in OpenAI's files."""

    def __init__(self, config: CLIPConfig) -> None:
        super().__init__()
        self.config = config
        if isinstance(config.image, ViTConfig):
            self.visual: nn.Module = VisionTransformer(config.image, config.dim, config.quick)
        else:
            self.visual = ModifiedResNet(config.image, config.dim)
        width = config.text.width
        self.token_embedding = nn.Embedding(config.vocabulary, width)
        self.positional_embedding = nn.Parameter(nn.init.normal_(torch.empty(config.length, width), 0, 0.01))
        self.transformer = Transformer(config.text, True, config.quick)
        self.ln_final = LayerNorm(width)
        self.text_projection = nn.Parameter(nn.init.normal_(torch.empty(width, config.dim), 0, width**-0.5))
        self.logit_scale = nn.Parameter(nn.init.constant_(torch.empty(()), 2.6593))  # log(1 / 0.07)

    def fold(self) -> CLIP:
        """Itself, with the factors of its quick GELUs in the weights on both their sides: two steps fewer each way, the same numbers."""
        for module in self.modules():
            if isinstance(module, Block) and isinstance(module.mlp[1], QuickGELU):
                widen, _, narrow = module.mlp
                with torch.no_grad():
                    for weights in widen.parameters():
                        weights.mul_(QUICK)
                    next(narrow.parameters()).div_(QUICK)  # its weights; the bias stands
                module.mlp[1] = nn.SiLU()
        return self

    def look(self, images: Tensor) -> Tensor:
        """[N,3,size,size], normalised -> [N,dim], unit length."""
        return F.normalize(self.visual(images).float(), dim=-1)

    def read(self, tokens: Tensor) -> Tensor:
        """[N,L] -> [N,dim], unit length: what stands at the end of each text, its largest number."""
        last = tokens.argmax(1)
        tokens = tokens[:, : int(last.max()) + 1]  # no place sees what comes after it, so padding need not be read
        x = self.transformer(self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]])
        ends = self.ln_final(x[torch.arange(len(x), device=x.device), last])
        return F.normalize((ends @ self.text_projection).float(), dim=-1)
