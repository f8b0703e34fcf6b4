"""What the steps of every training share: the rate's course, the optimiser's step, slow weights, bf16."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from reverie.train import together
from reverie.train.settings import Pace


def rate_at(step: int, pace: Pace) -> float:
    """Linear warm-up, then a cosine to 2 % of the peak."""
    if step < pace.warmup:
        return pace.rate * (step + 1) / pace.warmup
    done = (step - pace.warmup) / max(1, pace.steps - pace.warmup)
    return pace.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def set_rate(step: int, pace: Pace, *optimisers: torch.optim.Optimizer, peak: float | None = None) -> None:
    """Give optimisers a step's rate, on the pace's course; ``peak`` is the highest where it is another than the pace's."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, pace) * (1 if peak is None else peak / pace.rate)


def decaying(learnt: Iterable[nn.Parameter], rate: float, decay: float) -> torch.optim.AdamW:
    """AdamW whose weight decay spares biases, gains and single numbers."""
    learnt = list(learnt)
    matrices, others = ([p for p in learnt if (p.dim() > 1) == large] for large in (True, False))
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def descend(loss: Tensor, optimiser: torch.optim.Optimizer, longest: float | None = None) -> None:
    """One step of the optimiser down the loss, by the mean gradient of all processes, cut to L2 norm ``longest``."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    learnt = [p for group in optimiser.param_groups for p in group["params"]]
    together.average([p.grad for p in learnt if p.grad is not None])
    if longest is not None:
        nn.utils.clip_grad_norm_(learnt, longest)
    optimiser.step()


class Slow:
    """A slow average of a network's weights and buffers."""

    def __init__(self, network: nn.Module, decay: float = 0.999) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for slow, now in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if slow.is_floating_point():
                slow.lerp_(now.to(slow.dtype), 1 - decay)
            else:
                slow.copy_(now)


def autocast(device: torch.device, enabled: bool = True) -> torch.autocast:
    """bf16 for convolutions and products; everything that must not lose digits is cast back by its owner."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)
