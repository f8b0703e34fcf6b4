"""Small differentiable pieces that objectives and the loop are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from reverie.transfer import sent

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def joined(parts: Sequence[Tensor], axis: int = 0) -> Tensor:
    """One after another along an axis; a single one as it is, which ``cat`` would copy."""
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), axis)


def spherical(a: Tensor, b: Tensor) -> Tensor:
    """Half the squared angle between unit vectors, over the last dimension: 0 (alike) to pi^2/2 (opposite).

    The originals took 2 asin(|a-b|/2)^2, whose gradient is infinite at opposite vectors; the angle from both the
    difference and the sum is the same number with a finite gradient everywhere but at exact opposites, where it is 0.
    """
    apart = (a - b).square().sum(-1).clamp_min(1e-20).sqrt()
    together = (a + b).square().sum(-1).clamp_min(1e-20).sqrt()
    angle = 2 * torch.atan2(apart, together)
    return angle.square() / 2


class _ClampWithGrad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.low, ctx.high = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        grad = grads[0]
        return grad * (grad * (x - x.clamp(ctx.low, ctx.high)) >= 0), None, None


def clamp_with_grad(x: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Clamp whose gradient passes wherever following it would bring the value back into the range."""
    result: Tensor = _ClampWithGrad.apply(x, low, high)  # type: ignore[no-untyped-call]
    return result


def stop_below(x: Tensor, stop: Tensor) -> Tensor:
    """The value unchanged; its gradient only where it is above ``stop`` (half at equality, as ``maximum`` has it)."""
    floor = x.maximum(stop)
    return floor + (x - floor).detach()


def total_variation(images: Tensor) -> Tensor:
    """[B,C,H,W] -> [B]: mean squared step between neighbours across and down."""
    across = (images[..., 1:] - images[..., :-1]).square().mean((1, 2, 3)) if images.shape[-1] > 1 else images.new_zeros(len(images))
    down = (images[..., 1:, :] - images[..., :-1, :]).square().mean((1, 2, 3)) if images.shape[-2] > 1 else images.new_zeros(len(images))
    return across + down


def out_of_range(images: Tensor) -> Tensor:
    """[B,C,H,W] -> [B]: mean square of what lies outside 0..1."""
    return (images - images.clamp(0, 1)).square().mean((1, 2, 3))


def luminance(images: Tensor) -> Tensor:
    """[B,3,H,W] -> [B,1,H,W]."""
    return (images * sent(torch.tensor(_LUMA, dtype=images.dtype), images.device).view(1, 3, 1, 1)).sum(1, keepdim=True)


def colourfulness(images: Tensor) -> Tensor:
    """[B,3,H,W] -> [B]: mean squared distance from the grey of the same luminance."""
    return (images - luminance(images)).square().mean((1, 2, 3))


def off_palette(images: Tensor, colours: Tensor) -> Tensor:
    """[B,3,H,W] and colours [N,3] -> [B]: mean squared distance of each pixel to the colour nearest to it."""
    apart = [(images - colour.view(1, 3, 1, 1)).square().mean(1) for colour in colours]
    return torch.stack(apart).amin(0).mean((1, 2))


def undecided(opacity: Tensor) -> Tensor:
    """[B,1,H,W] -> [B]: mean opacity, and how far it is from being clear or solid: least where all is clear, and solid is
    better than half."""
    seen = opacity.clamp(0, 1)
    return (seen + 4 * seen * (1 - seen)).mean((1, 2, 3))


def mirrored(images: Tensor, symmetry: str) -> Tensor:
    """[B,C,H,W] of which one half is the other's mirror image: ``left-right``, ``top-bottom``, ``both`` or ``none``."""
    for name, axis in (("left-right", -1), ("top-bottom", -2)):
        if symmetry in (name, "both"):
            side = images.shape[axis]
            half = images.narrow(axis, 0, side - side // 2)
            images = torch.cat((half, half.narrow(axis, 0, side // 2).flip(axis)), axis)
    return images
