"""Optimisers: every row its own, and those that torch lacks as torch_optimizer 0.3.0 has them."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from reverie.course import Course
from reverie.dream import Dream
from reverie.optimisers import FUSED, OPTIMISERS, AdamP, DiffGrad, optimiser
from reverie.types import Latent


def wave(k: float, shape: tuple[int, ...]) -> Tensor:
    return torch.sin(torch.arange(torch.Size(shape).numel()) * k + k).view(shape)


# pip install torch_optimizer==0.3.0 pytorch_ranger, then, for each of the shapes, what these lines print:
#   p = torch.nn.Parameter(wave(1.3, shape)); o = torch_optimizer.AdamP([p], lr=0.1)
#   for s in range(3):
#       p.grad = wave(0.7 + s, shape)
#       if s == 1: p.grad = across(p.grad, p)
#       o.step()
#   print([round(x, 5) for x in p.flatten().tolist()])
SEEN: list[tuple[Any, tuple[int, ...], list[float]]] = [
    (DiffGrad, (3, 4), [0.79417, 0.42804, -0.80866, -1.00429, 0.19827, 1.15732, 0.48745, -0.74813, -0.82044, 0.3363, 0.85491, -0.07082]),
    (DiffGrad, (5,), [0.79435, 0.43059, -0.81425, -1.00759, 0.21369]),
    (AdamP, (3, 4), [0.6638, 0.39883, -0.84624, -1.07718, 0.1862, 1.18896, 0.5537, -0.69198, -0.83869, 0.31242, 0.83079, -0.19131]),
    (AdamP, (1, 2, 2, 3), [0.65098, 0.35801, -0.77608, -1.02909, 0.19571, 1.2555, 0.57129, -0.75117, -0.87362, 0.30211, 0.80151, -0.19142]),
    (AdamP, (5,), [0.66667, 0.4042, -0.85757, -1.08287, 0.21694]),
]


def across(grad: Tensor, part: Tensor) -> Tensor:
    """The gradient without its share along each row of a matrix, or along the whole of anything else: AdamP's case."""
    wide = part.detach().flatten(1) if part.dim() == 2 else part.detach().view(1, -1)
    slope = grad.view_as(wide)
    return (slope - wide * (wide * slope).sum(1, keepdim=True) / wide.square().sum(1, keepdim=True)).view(grad.shape)


@pytest.mark.parametrize(("optimiser", "shape", "expected"), SEEN)
def test_three_steps_as_the_original_makes_them(optimiser: Any, shape: tuple[int, ...], expected: list[float]) -> None:
    part = wave(1.3, shape)[None] if len(shape) < 4 else wave(1.3, shape)  # a map's row stood as [1,C,h,w]
    part.requires_grad_()
    stepper = optimiser([part], lr=0.1)
    for step in range(3):
        grad = wave(0.7 + step, shape)
        part.grad = (across(grad, part.detach().view(shape)) if step == 1 else grad).view_as(part)
        stepper.step()
    assert part.flatten().tolist() == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_adamp_leaves_out_what_only_makes_longer(shape: tuple[int, ...]) -> None:
    """One row's gradient is at right angles to it and the other's is not: only the first one's step is."""
    first = wave(1.3, shape).double()
    part = torch.stack((first, first)).requires_grad_()
    plain = part.detach().clone().requires_grad_()
    part.grad = plain.grad = torch.stack((across(wave(0.7, shape).double(), first), first))
    AdamP([part], lr=1e-3).step()
    torch.optim.Adam([plain], lr=1e-3).step()
    assert torch.allclose(part[1], plain[1], rtol=0, atol=1e-9)
    along, wholly = (((one[0] - first) * first).sum().abs().item() for one in (part, plain))
    assert wholly > 1e-5
    assert along == pytest.approx(wholly, rel=1e-5) if len(shape) == 1 else along < 1e-9


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("shape", [(5,), (4, 6), (3, 4, 4)])
def test_rows_never_mix(name: str, shape: tuple[int, ...]) -> None:
    together = torch.stack([wave(0.3 + i, shape) for i in range(3)]).requires_grad_()
    alone = [wave(0.3 + i, shape)[None].requires_grad_() for i in range(3)]
    steppers = [OPTIMISERS[name](parts, lr=0.05) for parts in ([together], *([one] for one in alone))]
    for step in range(4):
        grads = [wave(0.9 + step + i, shape) for i in range(3)]
        grads[1] = across(grads[1], together[1]) if step % 2 else grads[1]
        together.grad = torch.stack(grads)
        for one, grad in zip(alone, grads, strict=True):
            one.grad = grad[None]
        for stepper in steppers:
            stepper.step()
    for row, one in zip(together, alone, strict=True):
        assert torch.allclose(row, one[0], atol=1e-6)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_what_is_kept_is_a_row_per_dream_or_one_number(name: str) -> None:
    part = wave(0.3, (3, 4, 5)).requires_grad_()
    part.grad = torch.ones_like(part)
    stepper = OPTIMISERS[name]([part], lr=0.1)
    stepper.step()
    for value in stepper.state[part].values():
        assert value is None or (isinstance(value, Tensor) and (value.shape == part.shape or value.dim() == 0))


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_finds_the_bottom_of_a_bowl(name: str) -> None:
    part = wave(0.3, (2, 3, 4)).requires_grad_()
    stepper = OPTIMISERS[name]([part], lr=0.05)
    losses = []
    for _ in itertools.repeat(None, 40):
        stepper.zero_grad()
        loss = (part - 0.5).square().sum()
        loss.backward()
        stepper.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_a_part_without_a_gradient_stays() -> None:
    part = wave(0.3, (2, 3)).requires_grad_()
    before = part.detach().clone()
    AdamP([part], lr=0.1).step()
    assert torch.equal(part, before)


@pytest.mark.parametrize(
    "kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad, torch.optim.Adamax, torch.optim.RAdam, torch.optim.RMSprop]
)
def test_torchs_own_step_as_torch_does(kind: Any) -> None:
    """With its defaults, as VQGAN-CLIP had them."""
    ours, theirs = (wave(0.3, (3, 4)).requires_grad_() for _ in range(2))
    steppers = OPTIMISERS[kind.__name__.lower()]([ours], lr=0.1), kind([theirs], lr=0.1)
    for step in range(3):
        ours.grad = theirs.grad = wave(0.9 + step, (3, 4))
        for stepper in steppers:
            stepper.step()
    assert torch.equal(ours, theirs) and not torch.equal(ours, wave(0.3, (3, 4)))


def test_dreams_may_ask_for_all_of_them() -> None:
    assert set(get_args(Dream.model_fields["optimiser"].annotation)) == OPTIMISERS.keys()


@pytest.mark.parametrize("name", FUSED)
def test_a_step_of_one_kernel_is_the_step_and_is_gone_on_with(name: str) -> None:
    """torch has these kernels for CPUs too, though they are taken on CUDA alone."""

    def course(**more: bool) -> Course:
        parts = (wave(1.3, (2, 3, 4)).requires_grad_(), wave(0.3, (2, 5)).requires_grad_())
        return Course.begin(Latent(parts, 4, 4), OPTIMISERS[name](parts, lr=0.1, **more))

    def step(one: Course, number: int) -> None:
        for part in one.latent.parts:
            part.grad = wave(0.7 + number, tuple(part.shape))
        one.optimiser.step()

    plain, fused, later = course(), course(fused=True), course(fused=True)
    for number in range(4):
        step(plain, number)
        step(fused, number)
        if number == 1:
            later.restore({name: value.clone() for name, value in fused.state().items()})
        if number > 1:
            step(later, number)
    for one, other, third in zip(plain.latent.parts, fused.latent.parts, later.latent.parts, strict=True):
        assert torch.allclose(one, other, atol=1e-6) and torch.equal(other, third)
    assert not optimiser(name, plain.latent.parts, 0.1).param_groups[0].get("fused")
