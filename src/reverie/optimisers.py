"""How to step, by name: torch's optimisers, and two of the originals' that torch lacks.

Every part of a latent leads with B, and what an optimiser keeps per value is shaped like the part, so that rows never mix
and a poisoned one can be taken back. Counts of steps are scalar tensors, as torch's are.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from inspect import unwrap
from typing import Any

import torch
from torch import Tensor


class _Moments(torch.optim.Optimizer):
    """What AdamP and DiffGrad share with Adam (Kingma & Ba 2014, arXiv 1412.6980): the slow mean of gradients and of their squares."""

    per_value: tuple[str, ...] = ("exp_avg", "exp_avg_sq")  # of what is kept, by torch's names

    def __init__(self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every part that has a gradient; a closure is not called."""
        for group in self.param_groups:
            for part in group["params"]:
                if part.grad is not None:
                    self._advance(part, part.grad, self._kept(part), group)

    def _kept(self, part: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[part]
        if not state:
            state["step"] = torch.tensor(0.0)
            state |= {name: torch.zeros_like(part) for name in self.per_value}
        return state

    def _advance(self, part: Tensor, grad: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
        """Follow the gradient's moments, and step."""
        first, second = group["betas"]
        state["step"] += 1
        state["exp_avg"].lerp_(grad, 1 - first)
        state["exp_avg_sq"].mul_(second).addcmul_(grad, grad, value=1 - second)
        count = state["step"].item()
        scale = math.sqrt(1 - second**count)
        root = state["exp_avg_sq"].sqrt()
        part.sub_(self._direction(part, grad, state, (root, scale, group["eps"])), alpha=group["lr"] / (1 - first**count))

    def _direction(self, part: Tensor, grad: Tensor, state: dict[str, Tensor], spread: tuple[Tensor, float, float]) -> Tensor:
        raise NotImplementedError


class DiffGrad(_Moments):
    """Adam that slows down where the gradient hardly changes (Dubey et al. 2019, arXiv 1909.11015)."""

    per_value = ("exp_avg", "exp_avg_sq", "previous_grad")

    def _direction(self, part: Tensor, grad: Tensor, state: dict[str, Tensor], spread: tuple[Tensor, float, float]) -> Tensor:
        root, scale, eps = spread
        friction = (state["previous_grad"] - grad).abs().sigmoid()
        state["previous_grad"].copy_(grad)
        return friction * state["exp_avg"] * scale / (root + eps)


class AdamP(_Moments):
    """Adam without what only makes weights longer (Heo et al. 2020, arXiv 2006.08217).

    Where a weight's gradient is nearly at right angles to it, its length does not matter, and the step along it is left
    out. Each dream's row is a parameter of its own, as the originals had it: in a matrix [out,in] every output is
    looked at first and then the whole; a map [C,h,w] only as a whole, since it stood there as [1,C,h,w]; a
    vector not at all.
    """

    def _direction(self, part: Tensor, grad: Tensor, state: dict[str, Tensor], spread: tuple[Tensor, float, float]) -> Tensor:
        root, scale, eps = spread
        step = state["exp_avg"] / (root / scale + eps)
        if part.dim() == 3:
            whole = self._projected(part.flatten(1)[:, None], grad, step, eps)
            return self._projected(part, grad, step, eps, otherwise=whole)
        return self._projected(part.flatten(1)[:, None], grad, step, eps) if part.dim() > 3 else step

    def _projected(self, views: Tensor, grad: Tensor, step: Tensor, eps: float, otherwise: Tensor | None = None) -> Tensor:
        """The step without its share along ``views`` [B,N,D] of the part, in rows where all of them are at right angles to the
        gradient; elsewhere ``otherwise``, by default the step itself."""
        slope, move = grad.reshape(views.shape), step.reshape(views.shape)
        length = views.norm(dim=2) + eps
        cosine = (views * slope).sum(2).abs() / length / (slope.norm(dim=2) + eps)
        free = cosine.amax(1) < 0.1 / math.sqrt(views.shape[2])
        unit = views / length[..., None]
        across = (move - unit * (unit * move).sum(2, keepdim=True)).view_as(step)
        return torch.where(free.view(-1, *[1] * (step.dim() - 1)), across, step if otherwise is None else otherwise)


def _plain(kind: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """torch's optimiser without what imports its compiler: two seconds, before the first picture, for a step that nobody compiles."""
    return type(kind.__name__, (kind,), {"step": torch.no_grad()(unwrap(kind.step))})


OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": _plain(torch.optim.Adam),
    "adamw": _plain(torch.optim.AdamW),
    "adagrad": _plain(torch.optim.Adagrad),
    "adamax": _plain(torch.optim.Adamax),
    "radam": _plain(torch.optim.RAdam),
    "rmsprop": _plain(torch.optim.RMSprop),
    "sgd": _plain(torch.optim.SGD),
    "adamp": AdamP,
    "diffgrad": DiffGrad,
}


FUSED = ("adam", "adamw", "sgd")  # of which torch has a step of one kernel on CUDA


def optimiser(name: str, parts: Sequence[Tensor], rate: float) -> torch.optim.Optimizer:
    """The optimiser of this name over the parts of a latent."""
    # Making one imports the compiler too, to have it told to keep off four methods. What is to be called instead is remembered at
    # the method (torch 2.13, _compile.py): it is the method itself, as long as nobody has brought the compiler in.
    for method in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        bare = getattr(getattr(torch.optim.Optimizer, method), "__wrapped__", None)
        if bare is not None and "torch._dynamo" not in sys.modules and not hasattr(bare, "__dynamo_disable"):
            bare.__dynamo_disable = bare
    fused = {"fused": True} if name in FUSED and parts[0].device.type == "cuda" else {}
    return OPTIMISERS[name](parts, lr=rate, **fused)


def counts_on(optimiser: torch.optim.Optimizer, part: Tensor) -> torch.device:
    """Where the optimiser counts its steps: on the CPU, or where it is one kernel that has to know them, beside the part."""
    return part.device if optimiser.param_groups[0].get("fused") else torch.device("cpu")
