"""Procedural grounds behind the subjects, drawn as tensors on whichever device trains."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.words import GROUNDS
from reverie.errors import unknown


def palette(count: int, rng: torch.Generator) -> Tensor:
    """Random colours [count,3,1,1] that lean towards calm ones."""
    raw = torch.rand(count, 3, 1, 1, generator=rng)
    grey = raw.mean(1, keepdim=True)
    calm = torch.rand(count, 1, 1, 1, generator=rng)
    return grey + (raw - grey) * (0.3 + 0.7 * calm)


def _apart(count: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two palettes that nobody takes for one: where they come close, the second goes half the way round in every channel."""
    one, other = palette(count, rng), palette(count, rng)
    close = (one - other).abs().mean(1, keepdim=True) < 0.25
    return one, torch.where(close, (one + 0.5) % 1, other)


def clouds(count: int, size: int, rng: torch.Generator) -> Tensor:
    """Smooth noise [count,1,size,size] in 0..1: three octaves, bicubic."""
    total = torch.zeros(count, 1, size, size)
    for cells, weight in ((3, 0.55), (6, 0.3), (12, 0.15)):
        octave = torch.rand(count, 1, cells, cells, generator=rng)
        total += weight * F.interpolate(octave, size=(size, size), mode="bicubic", align_corners=False)
    return total.clamp(0, 1)


def _tinted(colour: tuple[float, float, float], count: int, rng: torch.Generator, spread: float = 0.12) -> Tensor:
    base = torch.tensor(colour).view(1, 3, 1, 1)
    return (base + spread * torch.randn(count, 3, 1, 1, generator=rng)).clamp(0, 1)


def _mix(a: Tensor, b: Tensor, amount: Tensor) -> Tensor:
    return a + (b - a) * amount


def _horizon(above: Tensor, below: Tensor, size: int, rng: torch.Generator) -> Tensor:
    """Two regions parted by a soft horizon at a random height and slope."""
    count = above.shape[0]
    y = torch.linspace(0, 1, size).view(1, 1, size, 1)
    x = torch.linspace(-1, 1, size).view(1, 1, 1, size)
    height = 0.35 + 0.4 * torch.rand(count, 1, 1, 1, generator=rng)
    slope = 0.08 * torch.randn(count, 1, 1, 1, generator=rng)
    return _mix(above, below, ((y - height - slope * x) * size / 2).clamp(0, 1))


def _pattern(kind: str, count: int, size: int, rng: torch.Generator) -> Tensor:
    axis = torch.arange(size) / size
    period = torch.randint(3, 9, (count, 1, 1, 1), generator=rng)
    x, y = axis.view(1, 1, 1, size), axis.view(1, 1, size, 1)
    if kind == "stripes":
        lean = torch.randint(0, 2, (count, 1, 1, 1), generator=rng)
        wave = (x * period + y * period * lean) % 1 > 0.5
    else:
        wave = ((x * period).floor() + (y * period).floor()) % 2 > 0.5
    return _mix(*_apart(count, rng), wave.float())


def _grain(count: int, size: int, rng: torch.Generator) -> Tensor:
    """Boards of wood seen from the side of a table: how dark each place is, [count,1,size,size]."""
    y = torch.linspace(0, 1, size).view(1, 1, size, 1)
    boards = 5 + 4 * torch.rand(count, 1, 1, 1, generator=rng)
    bend = F.interpolate(torch.rand(count, 1, 4, 4, generator=rng), size=(size, size), mode="bicubic", align_corners=False)
    return 1 - 0.3 * (6.2832 * (y * boards + 0.35 * bend)).sin().clamp_min(0)


def _with_window(wall: Tensor, size: int, rng: torch.Generator) -> Tensor:
    """A bright window with a cross in it, left or right on the upper wall."""
    count, axis = wall.shape[0], torch.linspace(0, 1, size)
    side = torch.randint(0, 2, (count, 1, 1, 1), generator=rng)
    left = 0.05 + 0.62 * side + 0.05 * torch.rand(count, 1, 1, 1, generator=rng)
    top, wide = 0.04 + 0.06 * torch.rand(count, 1, 1, 1, generator=rng), 0.22
    x, y = (axis.view(1, 1, 1, size) - left) / wide, (axis.view(1, 1, size, 1) - top) / wide
    frame = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    edge = torch.stack(((x - 0.5).abs().expand_as(frame), (y - 0.5).abs().expand_as(frame)))
    bars = ((edge < 0.08) | (edge > 0.38)).any(0)
    pane = _tinted((0.66, 0.86, 0.98), count, rng, 0.06)
    return torch.where(frame, torch.where(bars, torch.ones(1, 3, 1, 1), pane), wall)


# Above and below the horizon for the grounds that are places.
_PLACES: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "grass": ((0.60, 0.82, 0.97), (0.36, 0.66, 0.25)),
    "water": ((0.62, 0.83, 0.97), (0.13, 0.45, 0.72)),
    "sand": ((0.58, 0.80, 0.95), (0.90, 0.77, 0.52)),
    "snow": ((0.70, 0.80, 0.90), (0.95, 0.96, 0.98)),
    "sunset": ((0.95, 0.55, 0.30), (0.35, 0.18, 0.33)),
    "table": ((0.85, 0.80, 0.72), (0.52, 0.34, 0.19)),
    "room": ((0.86, 0.82, 0.78), (0.55, 0.45, 0.38)),
}


def ground(kind: str, count: int, size: int, rng: torch.Generator) -> Tensor:
    """``count`` grounds of one kind (a key of ``words.GROUNDS``), [count,3,size,size] in 0..1."""
    noise = clouds(count, size, rng)
    if kind in _PLACES:
        above, below = (_tinted(colour, count, rng) for colour in _PLACES[kind])
        texture = below * (0.75 + 0.5 * noise) * (_grain(count, size, rng) if kind == "table" else 1)
        wall = above * (0.9 + 0.2 * clouds(count, size, rng))
        return _horizon(_with_window(wall, size, rng) if kind == "room" else wall, texture, size, rng).clamp(0, 1)
    if kind in ("stripes", "checks"):
        return _pattern(kind, count, size, rng)
    if kind == "gradient":
        angle = 6.2832 * torch.rand(count, 1, 1, 1, generator=rng)
        line = torch.linspace(-1, 1, size)
        slope = angle.cos() * line.view(1, 1, 1, size) + angle.sin() * line.view(1, 1, size, 1)
        return _mix(*_apart(count, rng), (0.5 + 0.5 * slope).clamp(0, 1))
    if kind == "clouds":
        return _mix(*_apart(count, rng), (0.5 + 2.2 * (noise - 0.5)).clamp(0, 1))
    if kind == "sky":
        return _mix(_tinted((0.35, 0.65, 0.95), count, rng), torch.ones(1, 3, 1, 1), (2 * noise - 0.9).clamp(0, 1))
    if kind == "night":
        stars = (torch.rand(count, 1, size, size, generator=rng) > 0.992).float()
        return (_tinted((0.05, 0.07, 0.2), count, rng, 0.05) * (0.6 + 0.8 * noise) + stars).clamp(0, 1)
    if kind == "forest":
        trunks = F.interpolate(torch.rand(count, 1, 1, 16, generator=rng), size=(size, size), mode="bilinear")
        wood = _mix(_tinted((0.14, 0.36, 0.16), count, rng), _tinted((0.30, 0.24, 0.14), count, rng), trunks)
        return (wood * (0.6 + 0.8 * noise)).clamp(0, 1)
    raise unknown("ground", kind, GROUNDS)
