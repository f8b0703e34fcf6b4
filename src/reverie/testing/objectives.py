"""The rules for objectives."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from reverie.rng import Rng
from reverie.testing.rules import alike, apart, downhill, gradients, has, made, numbers, require, silence, untaught
from reverie.types import Objective, Seen, Views

DIM, VIEWS, COUNT = 16, 4, 3


def check_objective(
    component: str | ModuleType | Objective, size: tuple[int, int] = (64, 48), options: Mapping[str, Any] | None = None
) -> None:
    """Raise ``AssertionError`` for the first rule that an objective breaks; it is made on the CPU.

    It is shown three noisy pictures of ``size`` (width, height), which leave 0..1 as unclamped ones do, and what two perceptors,
    "mini" and "other", see in them.
    """
    with silence():
        objective: Objective = made("objective", component, options or {})
        has(objective, "An objective", "__call__")
        width, height = size
        images = (Rng(1).uniform((COUNT, 3, height, width), "images") * 2 - 0.5).requires_grad_()
        seen = {name: _views(name) for name in ("mini", "other")}
        before = images.detach().clone()
        losses = objective(images, seen, 0)
        numbers(losses, (COUNT,), "An objective gives one number per dream: it")
        require(torch.equal(images, before), "An objective leaves the pictures as they are.", "they were changed")
        _rows(objective, images, seen, losses)
        numbers(objective(images[..., : height // 2, :], seen, 1000), (COUNT,), "An objective is asked at any step and size: then it")
        again = objective(images, seen, 0)
        require(torch.equal(again, losses), "The same picture costs the same, whatever was judged between.", "it differs")
        _down(objective, images, seen)
        untaught(objective)


def _views(name: str) -> Views:
    """What a perceptor might have seen: unit vectors, and where each view was cut."""
    raw = Rng(2).normal((COUNT, VIEWS, DIM), name)
    boxes = torch.tensor([0.5, 0.5, 0.8, 0.8]).expand(COUNT, VIEWS, 4)
    return Views((raw / raw.norm(dim=-1, keepdim=True)).requires_grad_(), boxes, torch.zeros(VIEWS, dtype=torch.long))


def _row(seen: Seen, row: int) -> Seen:
    one = slice(row, row + 1)
    return {name: Views(views.embeddings[one], views.boxes[one], views.regions) for name, views in seen.items()}


def _rows(objective: Objective, images: Tensor, seen: Seen, losses: Tensor) -> None:
    inputs = {"the pictures": images} | {f"what {name} sees": views.embeddings for name, views in seen.items()}
    rule = "An objective is differentiable with respect to the pictures or to what is seen in them: finite, and not zero everywhere."
    require(losses.requires_grad, rule, "there is no gradient at all (a no_grad, a detach or a rounding on the way)")
    grads = torch.autograd.grad(losses[1], list(inputs.values()), allow_unused=True, retain_graph=True)
    used = {name: tensor for (name, tensor), grad in zip(inputs.items(), grads, strict=True) if grad is not None and bool(grad.any())}
    require(bool(used), rule, "the gradient is zero")
    apart(gradients(losses[1], used, rule), 1)
    with torch.no_grad():
        alike(objective(images[1:2], _row(seen, 1), 0), losses[1:2], "A dream costs among others what it costs alone.")


def _down(objective: Objective, images: Tensor, seen: Seen) -> None:
    """Pictures and embeddings are moved themselves: what an objective wants has to be where its gradient leads."""
    parts = (images, *(views.embeddings for views in seen.values()))
    moved = tuple(part.detach().clone().requires_grad_() for part in parts)
    shown = {name: Views(part, views.boxes, views.regions) for part, (name, views) in zip(moved[1:], seen.items(), strict=True)}
    losses = downhill(moved, 0.01, lambda: objective(moved[0], shown, 0))
    told = f"it went from {losses[0].tolist()} to {losses[-1].tolist()}"
    require(bool((losses[1:].amin(0) < losses[0]).all()), "An objective goes down along its gradient.", told)
