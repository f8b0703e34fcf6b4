"""Dreaming into a perceptor: how strongly a layer, or one of its channels, answers to what it is shown of a picture.

Inceptionism (Mordvintsev, Olah & Tyka 2015): whatever a layer sees a little of, more of it. The picture is shown in tiles of the
perceptor's size, shifted at each step so that no seam stays in its place, from small octaves to its own size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from reverie import registry
from reverie.dream import Dream
from reverie.layer import Layer
from reverie.losses import clamp_with_grad
from reverie.options.layers import Options
from reverie.perceptors.inside import answer, check
from reverie.rng import Rng
from reverie.transfer import exact_place
from reverie.types import Cutter, Perceptor, Seen

Cut = Callable[[Tensor, int], Tensor]  # pictures [B,3,H,W] in 0..1 and the step to [B*N,3,size,size], dream after dream


def activity(
    layer: Layer, dream: Dream, rngs: Sequence[Rng], perceptor: Perceptor, cutter: Cutter, autocast: Callable[[], torch.autocast]
) -> Activity:
    """What a dream of this shape asks of a layer; raises ``BadRequest`` where the perceptor has no such layer or channel."""
    options: Options = registry.parse_options(Options, "layers", dream.options.get("layers", {}))
    check(perceptor, layer.perceptor or dream.perceptors[0].name, layer.name, layer.channel)
    steps = max(1, dream.steps)
    cut = Tiles(perceptor.size, rngs, steps, options, dream.tile) if options.over == "tiles" else Cutouts(cutter, rngs, steps)
    return Activity(perceptor, layer, cut, options.together, autocast)


@dataclass(frozen=True)
class Tiles:
    """The whole picture in tiles: of an octave that grows from ``octaves`` - 1 times ``ratio`` below its own size to it, over ``steps``.

    No octave is smaller than a tile; a picture that is, is enlarged to one. ``tile``: along which axes the picture goes on at its
    other side, as the Dream's; along the others what lies beyond an edge is mirrored.
    """

    size: int
    rngs: Sequence[Rng]
    steps: int
    options: Options
    tile: str = "none"

    def octave(self, step: int, height: int, width: int) -> tuple[int, int]:
        """The size at which the picture is shown at a step."""
        count = self.options.octaves
        below = count - 1 - min(count - 1, step * count // self.steps)
        scale = max(self.options.ratio**-below, self.size / min(height, width))
        return round(height * scale), round(width * scale)

    def __call__(self, pictures: Tensor, step: int) -> Tensor:
        """Tiles side by side, from a place beyond the corner that each dream draws for itself, so that all places are seen alike."""
        height, width = self.octave(step, *pictures.shape[-2:])
        if (height, width) != tuple(pictures.shape[-2:]):
            pictures = F.interpolate(pictures, size=(height, width), mode="bilinear", align_corners=False, antialias=True)
        pictures = self._framed(pictures)
        found = []
        for picture, rng in zip(pictures, self.rngs, strict=True):
            down, right = rng.uniform((2,), "tiles", step).tolist()
            places = product(self._places(height, down), self._places(width, right))
            found += [picture[:, top : top + self.size, left : left + self.size] for top, left in places]
        return torch.stack(found)

    def _framed(self, pictures: Tensor) -> Tensor:
        """With as much around them as a tile may reach beyond. It is seen, not moved: what is there twice would draw all to the edges."""
        edge = self.size - 1
        around = F.pad(pictures.detach(), (edge, edge, 0, 0), "circular" if self.tile in ("across", "both") else "reflect")
        around = F.pad(around, (0, 0, edge, edge), "circular" if self.tile in ("down", "both") else "reflect").clone()
        around[..., edge:-edge, edge:-edge] = pictures
        return around

    def _places(self, side: int, shift: float) -> list[int]:
        """Where tiles begin along a side that is enlarged by its edges: always as many, never further apart than they are large."""
        count, edge = math.ceil(side / self.size), self.size - 1
        before = round((1 - shift) * min(edge, side // count))
        return [edge + min(side - 1, number * side // count - before) for number in range(count + 1)]


@dataclass(frozen=True)
class Cutouts:
    """Views as the perceptor that reads the words has them."""

    cutter: Cutter
    rngs: Sequence[Rng]
    steps: int

    def __call__(self, pictures: Tensor, step: int) -> Tensor:
        geometry = self.cutter.draw(self.rngs, step, step / self.steps, *pictures.shape[-2:])
        return self.cutter.disturb(self.cutter.cut(pictures, geometry), self.rngs, step)


@dataclass(frozen=True)
class Activity:
    """Minus how strongly a layer answers, per dream, times a weight.

    Without a channel: half the logarithm of the mean square of its activations, so that e times as strong is one less, in whatever
    unit the layer counts. With one: the mean of that channel in units of the whole layer's root mean square.
    """

    perceptor: Perceptor
    layer: Layer
    cut: Cut
    together: int  # views that are looked at together
    autocast: Callable[[], torch.autocast]

    def __call__(self, images: Tensor, seen: Seen, step: int) -> Tensor:
        views = self.cut(clamp_with_grad(images[:, :3]).to(exact_place(images.device)), step).to(images.device)
        power, mean = self._measured(views).unflatten(0, (len(images), -1)).mean(1).unbind(-1)
        power = power + 1e-12  # a layer that does not answer at all has no logarithm
        strength = power.log() / 2 if self.layer.channel is None else mean / power.sqrt()
        return -self.layer.weight * strength

    def _measured(self, views: Tensor) -> Tensor:
        """[N,2]: the mean square of each view's activations, and the mean of the channel. What does not fit into a chunk is
        computed again on the way back instead of being kept."""
        if len(views) <= self.together:
            return self._look(views)
        return torch.cat(
            [checkpoint(self._look, piece, use_reentrant=False, preserve_rng_state=False) for piece in views.split(self.together)]
        )

    def _look(self, views: Tensor) -> Tensor:
        with self.autocast():
            found = answer(self.perceptor, views, self.layer.name).float()
        found = found.reshape(*found.shape[:2], -1)
        power = found.square().mean((1, 2))
        return torch.stack((power, power if self.layer.channel is None else found[:, self.layer.channel].mean(1)), 1)
