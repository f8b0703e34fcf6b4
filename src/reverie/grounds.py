"""What is behind a transparent picture: white for whoever is shown it, and at every step other chance grounds for whoever guides.

That opacity can be learnt over random grounds is Lucid's finding (Mordvintsev et al. 2018, "Differentiable Image
Parameterizations", section 5): what is left to the ground cannot be relied on, so that only the thing itself is painted.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.rng import Rng

CELLS = 16  # of a ground along each side


def premultiplied(images: Tensor) -> Tensor:
    """[B,4,H,W] with colours as strong as they are opaque: what may be scaled and cut without the hidden colours bleeding in."""
    return torch.cat((images[:, :3] * images[:, 3:], images[:, 3:]), 1)


def over(views: Tensor, grounds: Tensor | float) -> Tensor:
    """[N,3,H,W]: premultiplied views [N,4,H,W] over grounds [N,3,H,W], or over a grey."""
    return views[:, :3] + (1 - views[:, 3:]) * grounds


def on_white(images: Tensor) -> Tensor:
    """[B,3,H,W]: pictures as somebody is shown them; those without opacity [B,3,H,W] as they are."""
    return over(premultiplied(images), 1.0) if images.shape[1] == 4 else images


def chance_grounds(rngs: Sequence[Rng], step: int, count: int, size: int) -> Tensor:
    """[B*count,3,size,size] in 0..1 on the CPU: each is one colour, or a pattern of two: checks, clouds or grains."""
    drawn = torch.stack([rng.uniform((count, 10), "grounds", step) for rng in rngs]).flatten(0, 1)
    grains = torch.stack([rng.uniform((count, 1, CELLS, CELLS), "grains", step) for rng in rngs]).flatten(0, 1)
    one, other = drawn[:, :6].view(-1, 2, 3, 1, 1).unbind(1)
    cells = torch.arange(CELLS)
    wide = 2 ** (drawn[:, 6] * 3 + 1).long().view(-1, 1, 1)  # 2, 4 or 8 cells
    checks = ((cells // wide + cells.view(-1, 1) // wide) % 2).unsqueeze(1).float()
    clouds = F.interpolate(grains[..., : CELLS // 4, : CELLS // 4], size=(CELLS, CELLS), mode="bicubic", align_corners=False).clamp(0, 1)
    patterns = torch.stack((torch.zeros_like(checks), checks, clouds, grains), 1)
    kind = (drawn[:, 7] * 6 - 2).clamp_min(0).long()  # half of them plain, as most grounds are that guides were taught with
    pattern = patterns[torch.arange(len(kind)), kind]
    return F.interpolate(torch.lerp(one, other, pattern), size=(size, size), mode="nearest")
