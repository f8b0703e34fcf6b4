"""Resizing as the notebooks did it: Lanczos against aliasing, then bicubic."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.transfer import sent


def lanczos(images: Tensor, size: int, lobes: int = 2) -> Tensor:
    """[N,3,h,w] -> [N,3,size,size]; each axis that shrinks is first blurred by a Lanczos window of so many lobes."""
    flat = images.flatten(0, 1).unsqueeze(1)
    for axis, side in ((2, images.shape[-2]), (3, images.shape[-1])):
        if size < side:
            kernel = sent(_window(size / side, lobes), images.device).to(images.dtype)
            margin = (len(kernel) - 1) // 2
            padding = (0, 0, margin, margin) if axis == 2 else (margin, margin, 0, 0)
            kernel = kernel.view(1, 1, -1, 1) if axis == 2 else kernel.view(1, 1, 1, -1)
            flat = F.conv2d(F.pad(flat, padding, mode="reflect"), kernel)
    return F.interpolate(flat.view(*images.shape), size=(size, size), mode="bicubic", align_corners=True)


def _window(ratio: float, lobes: int) -> Tensor:
    """The weights, which add up to 1, at the places of the source within ``lobes`` pixels of the target."""
    half = math.ceil(lobes / ratio + 1) - 2
    places = torch.arange(-half, half + 1) * ratio
    weights = torch.where(places.abs() < lobes, torch.sinc(places) * torch.sinc(places / lobes), torch.zeros(()))
    return weights / weights.sum()
