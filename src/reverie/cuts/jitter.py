"""kornia's ColorJitter by its own dice, in a third of the time on a CPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from reverie.losses import luminance
from reverie.transfer import sent

# How far each channel is from the brightest, as a share of the widest difference, is a trapezoid of the hue in sixths of the
# circle: it begins here for red, green and blue.
CORNERS = (5, 3, 1)


class Jitter:
    """Brightness, contrast, saturation and hue, in an order that is drawn for all views, of those views that are drawn.

    ``dice`` is kornia's augmentation, which draws; views are [V,3,H,W] in 0..1. On a CPU each view is done by itself,
    which then stays in the cache, and those that were not drawn cost nothing.
    """

    def __init__(self, dice: Any) -> None:
        self.dice = dice

    def forward_parameters(self, shape: torch.Size) -> dict[str, Tensor]:
        """What is drawn for views of this shape, by kornia's names."""
        drawn: dict[str, Tensor] = self.dice.forward_parameters(shape)
        return drawn

    def __call__(self, views: Tensor, params: Mapping[str, Tensor] | None = None) -> Tensor:
        drawn = params or self.forward_parameters(views.shape)
        chosen = (drawn["batch_prob"] > 0.5).tolist()
        names = ("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")
        factors = torch.stack([drawn[name] for name in names])  # [4,V]
        order = [one for one in drawn["order"].tolist() if (factors[one] != (one != 3)).any()]
        factors = sent(factors, views.device).to(views.dtype)[..., None, None, None]
        if views.device.type != "cpu":
            where = sent(torch.tensor(chosen), views.device).view(-1, 1, 1, 1)
            return torch.where(where, _jittered(views, factors, order), views)
        parts = zip(views.split(1), factors.unbind(1), chosen, strict=True)
        return torch.cat([_jittered(view, own, order) if yes else view for view, own, yes in parts])


def _jittered(views: Tensor, factors: Tensor, order: list[int]) -> Tensor:
    steps: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (_brighter, _starker, _richer, turned)
    views = views.clamp(0, 1)
    for one in order:
        views = steps[one](views, factors[one])
    return views


def _brighter(views: Tensor, factor: Tensor) -> Tensor:
    return (views * factor).clamp(0, 1)


def _starker(views: Tensor, factor: Tensor) -> Tensor:
    return (views * factor + luminance(views).mean((2, 3), keepdim=True) * (1 - factor)).clamp(0, 1)


def _richer(views: Tensor, factor: Tensor) -> Tensor:
    return (views * factor + luminance(views) * (1 - factor)).clamp(0, 1)


def turned(images: Tensor, turns: Tensor) -> Tensor:
    """Colours [N,3,H,W] in 0..1 with their hue moved by so many circles [N,1,1,1]; HSV's value and saturation stay."""
    found: Tensor = _Turn.apply(images, turns)  # type: ignore[no-untyped-call]
    return found


class _Turn(torch.autograd.Function):
    """With M and m the brightest and darkest channel, each becomes M - (M - m) t for a trapezoid t of the hue h (Smith 1978).

    In HSV and back it is the same, but nine choices for each pixel, and as many on the way back.
    """

    @staticmethod
    def forward(ctx: Any, images: Tensor, turns: Tensor) -> Tensor:
        high = images.amax(1)
        wide = high - images.amin(1)
        red = (images[:, 0] == high).to(images)  # the first of those that are alike
        green = (images[:, 1] == high).to(images) * (1 - red)
        tops = torch.stack((red, green, 1 - red - green), 1)
        around = tops.roll(1, 1) - tops.roll(-1, 1)  # for red: 1 where blue is the brightest, -1 where green is
        around *= (wide > 0).unsqueeze(1)  # grey has no hue to move
        share = (images * around).sum(1).div_(wide.masked_fill(wide == 0, 1))
        hue = share + 2 * tops[:, 1] + 4 * tops[:, 2] + 6 * turns[:, 0]
        ctx.save_for_backward(images, around, share, hue)
        return torch.stack([high - wide * _trapezoid(hue, corner)[0] for corner in CORNERS], 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grads: Tensor) -> tuple[Tensor, None]:
        images, around, share, hue = ctx.saved_tensors
        down, sway = torch.zeros_like(hue), torch.zeros_like(hue)
        for corner, grad in zip(CORNERS, grads.unbind(1), strict=True):
            far, slope = _trapezoid(hue, corner)
            down.addcmul_(grad, far)
            sway.addcmul_(grad, slope)
        down.addcmul_(sway, share, value=-1)
        # Channels that are alike share what the brightest, or the darkest, is given, as with torch's amax and amin.
        most, least = ((images == end).to(grads) for end in (images.amax(1, keepdim=True), images.amin(1, keepdim=True)))
        up = (grads.sum(1) - down) / most.sum(1)
        ends = (most * up.unsqueeze(1)).addcmul_(least, (down / least.sum(1)).unsqueeze(1))
        return ends.addcmul_(around, sway.unsqueeze(1), value=-1), None


def _trapezoid(hue: Tensor, corner: int) -> tuple[Tensor, Tensor]:
    """Of a hue in sixths: 0 for two, up in one, 1 for two, down in one; and its slope."""
    edge = (hue + corner).remainder_(6)
    back = 4 - edge
    far = edge.minimum(back).clamp_(0, 1)
    return far, (back - edge).sign_().mul_((far > 0) & (far < 1))
