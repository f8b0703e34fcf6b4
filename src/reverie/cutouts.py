"""Pictures to views: batched cuts at native resolution, each one warp, then what a camera would do to it.

Crop, resize, turn, stretch, perspective and flip are one homography and one sampling. Against aliasing the picture is
first halved until a view is at most twice as fine as asked, and the view is sampled twice as fine and averaged.
All geometry is drawn per dream on the CPU from (seed, step), so a dream sees the same views alone or in a batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.losses import clamp_with_grad
from reverie.options.cutouts import Options as CutoutOptions
from reverie.rng import Rng, grain
from reverie.transfer import sent


@dataclass(frozen=True)
class Geometry:
    """Where N = B*V views are cut, dream after dream.

    ``maps`` [N,3,3] take view coordinates (-1..1) to picture coordinates (-1..1); ``boxes`` [B,V,4] are centre x,
    centre y, width and height in parts of the frame; ``levels`` says how often the picture is halved for each view.
    """

    maps: Tensor
    boxes: Tensor
    levels: tuple[int, ...]


@dataclass(frozen=True)
class Cutter:
    """Cuts ``views`` views of side ``size`` from each picture; ``share`` is the part of the frame that they cover."""

    views: int
    size: int
    share: tuple[float, float]
    options: CutoutOptions = CutoutOptions()
    tile: str = "none"  # along which axes the picture goes on at its other side, as the Dream's

    def draw(self, rngs: Sequence[Rng], step: int, progress: float, height: int, width: int) -> Geometry:
        """The geometry of one step, on the CPU; ``progress`` is 0 at the start of the painting and 1 at its end."""
        draws = torch.stack([rng.uniform((self.views, 8), "views", step) for rng in rngs]).flatten(0, 1)
        bells = torch.stack([rng.normal((self.views, 4), "tilt", step) for rng in rngs]).flatten(0, 1)
        side = self._sides(draws, len(rngs), progress, min(height, width), max(height, width))
        fx, fy = side / width, side / height
        # Cosines of a uniform angle put more centres near the ends, and the mirrored margin does the rest: a uniform
        # place would show the middle of the picture twice as often as its edges.
        x = 0.5 + 0.5 * (math.pi * draws[:, 2]).cos() * ((1 - fx).clamp_min(0) + _MARGIN)
        y = 0.5 + 0.5 * (math.pi * draws[:, 3]).cos() * ((1 - fy).clamp_min(0) + _MARGIN)
        if self.tile in ("across", "both"):  # there is no edge, so every place is looked at alike
            x = draws[:, 2]
        if self.tile in ("down", "both"):
            y = draws[:, 3]
        maps = _translate_scale(2 * x - 1, 2 * y - 1, fx, fy) @ self._tilt(draws[:, 4], bells)
        boxes = torch.stack((x, y, fx, fy), 1).view(len(rngs), self.views, 4)
        finer = (side / (2 * self.size)).log2() - 0.2
        return Geometry(maps, boxes, tuple(max(0, math.ceil(value)) for value in finer.tolist()))

    def _sides(self, draws: Tensor, dreams: int, progress: float, short: int, long: int) -> Tensor:
        """Sides in pixels [N]: one view from each slice of the range of sizes, and late a few small ones."""
        low, high = self.share
        slices = torch.arange(self.views).repeat(dreams)
        share = low + (high - low) * (slices + draws[:, 0]) / self.views
        if progress > 0.5:
            share = torch.where(draws[:, 5] < self.options.small, low * (0.6 + 0.4 * draws[:, 6]), share)
        return share * short * (long / short) ** draws[:, 1]

    def _tilt(self, mirror: Tensor, bells: Tensor) -> Tensor:
        """[N,3,3]: turn, stretch, perspective and flip about the view's own centre."""
        option, one, zero = self.options, torch.ones(len(bells)), torch.zeros(len(bells))
        angle = bells[:, 0] * math.radians(option.turn)
        stretch = (bells[:, 1] * option.stretch).exp()
        flip = torch.where(mirror < option.flip, -one, one)
        px, py = (bells[:, 2:4] * option.perspective / 2).clamp(-0.4, 0.4).unbind(1)
        turned = _matrix(angle.cos() * stretch * flip, -angle.sin(), zero, angle.sin() * flip, angle.cos() / stretch, zero, zero, zero, one)
        return turned @ _matrix(one, zero, zero, zero, one, zero, px, py, one)

    def cut(self, images: Tensor, geometry: Geometry) -> Tensor:
        """[B,3,H,W] -> [B*V,3,size,size]; beyond the frame the picture is mirrored, or goes on at its other side."""
        maps = sent(geometry.maps, images.device)
        pieces: list[Tensor] = []
        order: list[int] = []
        level, picture = 0, images.float()
        for wanted in sorted(set(geometry.levels)):
            while level < wanted:
                half = (max(1, picture.shape[-2] // 2), max(1, picture.shape[-1] // 2))
                level, picture = level + 1, F.interpolate(picture, size=half, mode="area")
            rows = [i for i, found in enumerate(geometry.levels) if found == wanted]
            pick, dream = sent(torch.tensor((rows, [i // self.views for i in rows])), images.device)
            grid = _grid(maps.index_select(0, pick), 2 * self.size)
            if self.tile != "none":
                grid = _around(grid, self.tile)
            fine = F.grid_sample(picture.index_select(0, dream), grid, padding_mode="reflection", align_corners=False)
            pieces.append(F.avg_pool2d(fine, 2))
            order += rows
        back = torch.tensor(sorted(range(len(order)), key=order.__getitem__))
        return torch.cat(pieces).index_select(0, sent(back, images.device))

    def disturb(self, views: Tensor, rngs: Sequence[Rng], step: int) -> Tensor:
        """Colour drift, a missing patch and noise, as the perceptors were trained to see through: [B*V,3,s,s]."""
        option, count = self.options, self.views
        drift = sent(torch.cat([rng.normal((count, 6), "jitter", step) for rng in rngs]), views.device)
        dice = sent(torch.cat([rng.uniform((count, 7), "erase", step) for rng in rngs]), views.device)
        gain, shift = (drift * option.jitter).view(-1, 2, 3, 1, 1).unbind(1)
        views = (views - 0.5) * (1 + gain) + 0.5 + shift / 2
        axis = torch.linspace(0, 1, self.size, device=views.device)
        middle = dice[:, 1:3].view(-1, 2, 1, 1, 1) * 1.2 - 0.1
        hole = ((axis - middle[:, 0]).abs() < 0.12) & ((axis.view(-1, 1) - middle[:, 1]).abs() < 0.12)
        hole = hole & (dice[:, 0].view(-1, 1, 1, 1) < option.erase)
        views = torch.where(hole, dice[:, 3:6].view(-1, 3, 1, 1), views)
        if option.noise:
            noise = grain(rngs, (count, *views.shape[1:]), "noise", step, views.device)
            views = views + option.noise * dice[:, 6].view(-1, 1, 1, 1) * noise
        return clamp_with_grad(views)


_MARGIN = 0.24  # how far past the edge centres may lie, in parts of the frame: bands of edge and centre then weigh alike


def _matrix(*entries: Tensor) -> Tensor:
    return torch.stack(entries, 1).view(-1, 3, 3)


def _translate_scale(x: Tensor, y: Tensor, fx: Tensor, fy: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix(fx, zero, x, zero, fy, y, zero, zero, one)


def _around(grid: Tensor, tile: str) -> Tensor:
    """Places beyond the frame brought back to the other side, along the axes of ``tile``."""
    back = (grid + 1).remainder(2) - 1
    x, y = (back if tile in (along, "both") else grid for along in ("across", "down"))
    return torch.stack((x[..., 0], y[..., 1]), -1)


def _grid(maps: Tensor, side: int) -> Tensor:
    """Where each pixel of a view lies in the picture: [N,3,3] -> [N,side,side,2]."""
    axis = (torch.arange(side, device=maps.device) * 2 + 1) / side - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    points = torch.stack((x, y, torch.ones_like(x)), -1).view(1, -1, 3) @ maps.transpose(1, 2)
    return (points[..., :2] / points[..., 2:]).view(-1, side, side, 2)
