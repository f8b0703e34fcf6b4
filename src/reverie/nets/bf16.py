"""What torch's own kernels are slow at on CPUs in bf16, written out; on other devices and in fp32 torch's are used.
Norms stay in bf16 on CUDA too.

Measured on one core with AVX512-BF16 and torch 2.13, forward and backward together: attention among 50 places 23 ms instead of
129, the norm's way back on a map of 128x256x256 26 ms instead of 117, patches of 32 pixels 160 ms instead of 1,060.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def attend(q: Tensor, k: Tensor, v: Tensor, causal: bool = False) -> Tensor:
    """Attention of [...,L,D], scaled by the root of D."""
    if q.device.type == "cpu" and q.dtype == torch.bfloat16 and not causal:
        return torch.softmax((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2), -1) @ v
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal)


def patches(images: Tensor, side: int) -> Tensor:
    """[N,C,H,W] -> [N,places,C*side*side]: what a convolution sees that steps by its own width, row after row.

    Under autocast in its precision, which is that of the product to come: so half as much is moved.
    """
    rows, columns = images.shape[-2] // side, images.shape[-1] // side
    if torch.is_autocast_enabled(images.device.type):
        images = images.to(torch.get_autocast_dtype(images.device.type))
    tiles = images[..., : rows * side, : columns * side].unflatten(3, (columns, side)).unflatten(2, (rows, side))
    return tiles.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


class GroupNorm(nn.GroupNorm):
    """torch's (Wu & He 2018, arXiv 1803.08494), with a way back of its own."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and x.dtype == torch.bfloat16 and torch.is_grad_enabled():
            found: Tensor = _Norm.apply(x, self.weight, self.bias, self.num_groups, self.eps)  # type: ignore[no-untyped-call]
            return found
        if x.device.type == "cuda" and x.dtype == torch.bfloat16:
            with torch.autocast("cuda", enabled=False):  # which would make a map of fp32 of it; sums are of fp32 inside anyway
                return F.group_norm(x, self.num_groups, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)
        return super().forward(x)


class _Norm(torch.autograd.Function):
    """With mean m and deviation 1/r of each group, y = w*r*(x - m) + b, and dx = w*r*dy + c*(x - m) - r*mean(w*dy), where c follows
    from how dy goes with x.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float) -> Tensor:
        (count, channels), places = x.shape[:2], x[0, 0].numel()
        y, mean, rstd = torch.native_group_norm(x, weight.to(x.dtype), bias.to(x.dtype), count, channels, places, groups, eps)
        ctx.save_for_backward(x, weight, mean, rstd)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, rstd = ctx.saved_tensors
        mean, rstd = mean.float().unsqueeze(2), rstd.float().unsqueeze(2)  # [N,G,1]
        dy, seen = (tensor.permute(0, 2, 3, 1) for tensor in (grad, x))  # [N,H,W,C]
        # Rows in bf16, whose sums torch keeps in fp32 inside, then the few that are left: all at once it would first copy into fp32.
        sums = (one.sum(2).sum(1, dtype=torch.float32) for one in (dy, dy * seen))
        total, along = (one.unflatten(1, (mean.shape[1], -1)) for one in sums)  # [N,G,C/G]
        own = weight.float().view(1, mean.shape[1], -1)
        share = 1 / (x[0, 0].numel() * own.shape[2])
        drift, lean = ((own * one).sum(2, keepdim=True) * share for one in (total, along))
        slope = (drift * mean - lean) * rstd**3
        gain, tilt, shift = (
            one.expand_as(total).flatten(1)[:, None, None].to(x.dtype) for one in (own * rstd, slope, -slope * mean - drift * rstd)
        )
        dx = torch.addcmul(dy * gain, seen, tilt).add_(shift).permute(0, 3, 1, 2)
        dw = ((along - total * mean) * rstd).sum(0).flatten() if ctx.needs_input_grad[1] else None
        db = total.sum(0).flatten() if ctx.needs_input_grad[2] else None
        return dx, dw, db, None, None
