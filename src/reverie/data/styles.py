"""Styles as filters: what "pencil sketch" or "pixel art" does to a finished scene, so that the words mean something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.errors import unknown
from reverie.losses import luminance


def _edges(grey: Tensor) -> Tensor:
    """Gradient magnitude of [B,1,H,W], roughly 0..1."""
    across = F.pad(grey[..., 1:] - grey[..., :-1], (0, 1))
    down = F.pad(grey[..., 1:, :] - grey[..., :-1, :], (0, 0, 0, 1))
    return ((across.square() + down.square()).sqrt() * 3).clamp(0, 1)


def _cells(images: Tensor, cells: int) -> Tensor:
    small = F.adaptive_avg_pool2d(images, cells)
    return F.interpolate(small, size=images.shape[-2:], mode="nearest")


def _brushed(images: Tensor, rng: torch.Generator, reach: float) -> Tensor:
    """Smear along a random flow field, as a brush would."""
    count, _, height, width = images.shape
    flow = F.interpolate(torch.randn(count, 2, 12, 12, generator=rng), size=(height, width), mode="bicubic", align_corners=False)
    base = F.affine_grid(torch.eye(2, 3).repeat(count, 1, 1), [count, 1, height, width], align_corners=False)
    grids = (base + flow.permute(0, 2, 3, 1) * (reach * step) for step in (-1.0, 0.0, 1.0))
    return torch.stack([F.grid_sample(images, grid, padding_mode="reflection", align_corners=False) for grid in grids]).mean(0)


def _black_and_white(images: Tensor, rng: torch.Generator) -> Tensor:
    return ((luminance(images) - 0.5) * 1.2 + 0.5).expand_as(images)


def _vintage_photo(images: Tensor, rng: torch.Generator) -> Tensor:
    grey = luminance(images)
    sepia = grey * images.new_tensor((1.0, 0.86, 0.66)).view(1, 3, 1, 1)
    return 0.12 + 0.8 * sepia + 0.03 * torch.randn(grey.shape, generator=rng)


def _pixel_art(images: Tensor, rng: torch.Generator) -> Tensor:
    return (_cells(images, 16) * 7).round() / 7


def _mosaic(images: Tensor, rng: torch.Generator) -> Tensor:
    size = images.shape[-1]
    grout = ((torch.arange(size) * 20 // size).diff(prepend=torch.tensor([0])) != 0).float()
    lines = torch.maximum(grout.view(1, 1, 1, size), grout.view(1, 1, size, 1))
    return _cells(images, 20) * (1 - 0.5 * lines)


def _pencil_sketch(images: Tensor, rng: torch.Generator) -> Tensor:
    grey = luminance(images)
    paper = 0.93 + 0.03 * torch.randn(grey.shape, generator=rng)
    return (paper - 0.85 * _edges(grey) - 0.12 * (1 - grey)).expand_as(images)


def _blueprint(images: Tensor, rng: torch.Generator) -> Tensor:
    return images.new_tensor((0.08, 0.22, 0.55)).view(1, 3, 1, 1) + _edges(luminance(images)) * 0.9


def _neon(images: Tensor, rng: torch.Generator) -> Tensor:
    grey = luminance(images)
    glow = F.avg_pool2d(_edges(images.mean(1, keepdim=True)), 5, 1, 2)
    return images * 0.12 + ((images - grey) * 2 + 0.7).clamp(0, 1) * (_edges(grey) + glow)


def _poster(images: Tensor, rng: torch.Generator) -> Tensor:
    return (((images - 0.5) * 1.4 + 0.5).clamp(0, 1) * 3).round() / 3


def _oil_painting(images: Tensor, rng: torch.Generator) -> Tensor:
    return _brushed(images, rng, 0.035) + 0.04 * torch.randn(luminance(images).shape, generator=rng)


def _watercolour(images: Tensor, rng: torch.Generator) -> Tensor:
    wash = _brushed(F.avg_pool2d(images, 3, 1, 1), rng, 0.05)
    return 0.35 + 0.65 * wash - 0.15 * _edges(luminance(wash))


def _halftone(images: Tensor, rng: torch.Generator) -> Tensor:
    size = images.shape[-1]
    line = torch.arange(size) * (2 * torch.pi * 16 / size)
    screen = 0.5 + 0.25 * (line.sin().view(1, 1, 1, size) + line.sin().view(1, 1, size, 1))
    ink = ((images - luminance(images)) * 1.6 + luminance(images)).clamp(0, 1)
    return (ink > screen).float() * 0.55 + ink * 0.45


FILTERS: Mapping[str, Callable[[Tensor, torch.Generator], Tensor]] = MappingProxyType(
    {
        "black and white": _black_and_white,
        "vintage photo": _vintage_photo,
        "pixel art": _pixel_art,
        "mosaic": _mosaic,
        "pencil sketch": _pencil_sketch,
        "blueprint": _blueprint,
        "neon": _neon,
        "poster": _poster,
        "oil painting": _oil_painting,
        "watercolour": _watercolour,
        "halftone": _halftone,
    }
)


def apply_style(name: str, images: Tensor, rng: torch.Generator) -> Tensor:
    """One style (a key of ``FILTERS``) on [B,3,S,S] in 0..1; random where a hand would be."""
    if name not in FILTERS:
        raise unknown("style", name, FILTERS)
    return FILTERS[name](images, rng).clamp(0, 1)
