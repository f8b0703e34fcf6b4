"""Square cuts, one after another: those of the notebooks (Crowson 2021), of big-sleep and of deep-daze (Wang 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.cuts.resample import lanczos
from reverie.options.cutouts_big_sleep import Options as BigSleepOptions
from reverie.options.cutouts_deep_daze import Options as DeepDazeOptions
from reverie.rng import Rng
from reverie.transfer import sent

Place = tuple[int, int, int]  # top, left and side, in pixels


@dataclass(frozen=True)
class Squares:
    """Where N = B*V views are cut, dream after dream; ``boxes`` as ``types.Views`` has them."""

    places: tuple[Place, ...]
    boxes: Tensor

    @classmethod
    def none(cls, dreams: int, views: int) -> Squares:
        """The whole picture in every view."""
        return cls((), torch.tensor([0.5, 0.5, 1.0, 1.0]).expand(dreams, views, 4))

    @classmethod
    def of(cls, places: Sequence[Place], dreams: int, height: int, width: int) -> Squares:
        rows = [((left + side / 2) / width, (top + side / 2) / height, side / width, side / height) for top, left, side in places]
        return cls(tuple(places), torch.tensor(rows).view(dreams, -1, 4))

    def cut(self, images: Tensor) -> list[Tensor]:
        """[B,3,H,W] -> N squares [1,3,s,s] of their own sizes."""
        per_dream = len(self.places) // len(images)
        return [images[i // per_dream, :, top : top + side, left : left + side][None] for i, (top, left, side) in enumerate(self.places)]


class BigSleepCutter:
    """Sides are a normal share of the picture around 0.8, at least a half of it."""

    def __init__(self, views: int, size: int, options: BigSleepOptions) -> None:
        self.views, self.size, self.options = views, size, options

    def draw(self, rngs: Sequence[Rng], step: int, progress: float, height: int, width: int) -> Squares:
        short, places = min(height, width), list[Place]()
        for rng in rngs:
            shares = (0.8 + 0.3 * rng.normal((self.views,), "sides", step)).clamp(0.5, 0.95)
            sides = [int(short * share) for share in shares.tolist()]
            places += offsets(rng, step, sides, (height, width), 2.0 if self.options.centre else None)
        return Squares.of(places, len(rngs), height, width)

    def cut(self, images: Tensor, geometry: Squares) -> Tensor:
        return _scaled(images, geometry, self.size, self.options.resample)

    def disturb(self, views: Tensor, rngs: Sequence[Rng], step: int) -> Tensor:
        return views


class DeepDazeCutter:
    """Sides are an even share of the picture between two bounds."""

    limit = 0.75  # deep-daze found larger lower bounds to be unstable

    def __init__(self, views: int, size: int, options: DeepDazeOptions) -> None:
        self.views, self.size, self.options = views, size, options

    def draw(self, rngs: Sequence[Rng], step: int, progress: float, height: int, width: int) -> Squares:
        option, short, places = self.options, min(height, width), list[Place]()
        if option.whole:
            return Squares.none(len(rngs), self.views)
        low = option.low + (self.limit - option.low) * progress * option.saturate
        for rng in rngs:
            even = rng.uniform((self.views,), "sides", step)
            if option.gauss:
                # deep-daze compared with the upper bound twice, so that every side came from the even distribution.
                bell = option.mean + option.spread * rng.normal((self.views,), "sides", step)
                inside = (bell >= low) & (bell <= option.high)
                sides = (torch.where(inside, bell, low + (option.high - low) * even) * short).int().tolist()
            else:
                first, last = int(low * short), int(option.high * short)
                sides = [first + int(draw * (last - first)) for draw in even.tolist()]
            places += offsets(rng, step, [max(1, side) for side in sides], (height, width), option.focus if option.centre else None)
        return Squares.of(places, len(rngs), height, width)

    def cut(self, images: Tensor, geometry: Squares) -> Tensor:
        if not geometry.places:
            return resized(images, self.size, "bilinear").repeat_interleave(self.views, 0)
        return _scaled(images, geometry, self.size, "bilinear")

    def disturb(self, views: Tensor, rngs: Sequence[Rng], step: int) -> Tensor:
        return views


def _scaled(images: Tensor, squares: Squares, size: int, how: str) -> Tensor:
    """[B,3,H,W] -> [N,3,size,size]; a GPU takes longer to be told of each square than to scale them all."""
    if images.device.type != "cpu" and how in ("bilinear", "nearest"):
        return sampled(images, squares, size, how)
    return torch.cat([resized(piece, size, how) for piece in squares.cut(images)])


def sampled(images: Tensor, squares: Squares, size: int, how: str) -> Tensor:
    """All squares at once, as torch's ``interpolate`` scales each: no place outside of a square is looked at."""
    places = sent(torch.tensor(squares.places, dtype=images.dtype), images.device).view(len(images), -1, 3)  # top, left, side
    pixels, sides = torch.arange(size, device=images.device), places[..., 2:]
    inside = (pixels * (sides / size)).floor() if how == "nearest" else ((pixels + 0.5) * (sides / size) - 0.5).clamp_min(0)
    inside = inside.minimum(sides - 1)  # [B,V,size]
    y, x = (  # -1 to 1 from the middle of the first pixel to that of the last
        (places[..., axis, None] + inside) * (2 / max(1, images.shape[2 + axis] - 1)) - 1 for axis in (0, 1)
    )
    grid = torch.stack(torch.broadcast_tensors(x.unsqueeze(2), y.unsqueeze(3)), -1)  # [B,V,size,size,2]
    found = F.grid_sample(images, grid.flatten(1, 2), align_corners=True, padding_mode="border")
    return found.unflatten(2, (-1, size)).transpose(1, 2).flatten(0, 1)


def resized(piece: Tensor, size: int, how: str) -> Tensor:
    if how == "lanczos":
        return lanczos(piece, size, lobes=3)
    return F.interpolate(piece, (size, size), mode=how, align_corners=False if how == "bilinear" else None)


def offsets(rng: Rng, step: int, sides: Sequence[int], frame: tuple[int, int], focus: float | None = None) -> list[Place]:
    """Where squares of these sides lie in a frame (height, width): anywhere, or around its middle, which is ``focus`` standard
    deviations from the edge; what would lie outside then lies anywhere.
    """
    even = rng.uniform((len(sides), 2), "offsets", step).tolist()
    bells = rng.normal((len(sides), 2), "offsets around the middle", step).tolist() if focus else even
    places = []
    for side, draws, bell in zip(sides, even, bells, strict=True):
        top, left = (_offset(length - side, draw, one, focus) for length, draw, one in zip(frame, draws, bell, strict=True))
        places.append((top, left, side))
    return places


def _offset(most: int, draw: float, bell: float, focus: float | None) -> int:
    anywhere = int(draw * (most + 1))
    if not focus:
        return anywhere
    around = int(most / 2 + bell * most / 2 / focus)
    return around if 0 <= around <= most else anywhere
