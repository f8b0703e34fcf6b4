"""Free adversarial training (Shafahi et al. 2019, arXiv 1904.12843): each batch is replayed, and the gradient that trains
the weights also moves the perturbation.

A tower trained so has gradients that draw (Santurkar et al. 2019, arXiv 1906.09453; for CLIP, Ganz & Elad 2023, arXiv
2306.16805); a clean one of the same size draws coloured specks.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from reverie.train.settings import Robust

Figures = dict[str, Tensor]


def attacked(images: Tensor, noise: Tensor, robust: Robust, radius: float, learn: Callable[[Tensor], Figures]) -> Figures:
    """Have ``learn`` take its steps on views [B,3,S,S], each from where the one before hurts most; gives its last figures.

    ``noise``, of length 1 per view, says where the attack starts; without a radius there is one step, on the views as they are.
    """
    delta, figures = noise * radius * 0.5, {}
    for _ in range(robust.replays if robust.radius else 1):
        views = (images + delta).clamp(0, 1).contiguous(memory_format=torch.channels_last).requires_grad_(radius > 0)
        figures = learn(views)
        if views.grad is not None:
            delta = within(delta + unit(views.grad) * radius, radius)
    return figures


def unit(x: Tensor) -> Tensor:
    """Each sample of [N,...] scaled to L2 norm 1."""
    return x / x.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, *([1] * (x.dim() - 1)))


def within(delta: Tensor, radius: float) -> Tensor:
    """Perturbations [B,...] no longer than ``radius`` each; shorter ones stay."""
    norms = delta.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
    return delta * (radius / norms).clamp(max=1.0)
