"""Losses: their values against their definitions, and gradients that never break and let values come back."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.losses import clamp_with_grad, colourfulness, mirrored, off_palette, out_of_range, spherical, stop_below, total_variation


def unit(*shape: int) -> Tensor:
    return F.normalize(torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)), dim=-1)


def test_spherical_is_half_the_squared_angle() -> None:
    a, b = unit(2, 50, 8)
    assert torch.allclose(spherical(a, b), (a * b).sum(-1).arccos() ** 2 / 2, rtol=1e-10)


@pytest.mark.parametrize("angle", [0.0, 1e-6, 1e-3, 1.0, math.pi / 2, 3.0, math.pi - 1e-4, math.pi])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_spherical_at_known_angles(angle: float, dtype: torch.dtype) -> None:
    a = torch.tensor([1.0, 0.0, 0.0], dtype=dtype, requires_grad=True)
    b = torch.tensor([math.cos(angle), math.sin(angle), 0.0], dtype=dtype)
    far = spherical(a, b)
    far.backward()
    assert far.item() == pytest.approx(angle**2 / 2, rel=1e-3 if dtype == torch.float32 else 1e-6, abs=1e-9)
    assert a.grad is not None and a.grad.isfinite().all()


def test_spherical_between_equal_and_opposite_vectors_has_a_finite_gradient() -> None:
    a = unit(5, 16).float().requires_grad_()
    for other in (a.detach(), -a.detach()):
        a.grad = None
        spherical(a, other).sum().backward()
        assert a.grad is not None and a.grad.isfinite().all()


def test_sphericals_gradient_on_the_sphere() -> None:
    a, b = unit(2, 6, 5)
    assert torch.autograd.gradcheck(lambda raw: spherical(F.normalize(raw, dim=-1), b), (a.clone().requires_grad_(),))


@pytest.mark.parametrize(
    ("value", "gradient", "passes"),
    [
        (0.5, 1.0, True),
        (0.5, -1.0, True),
        (1.5, 1.0, True),  # descending brings it back down
        (1.5, -1.0, False),  # descending takes it further out
        (-0.5, -1.0, True),
        (-0.5, 1.0, False),
        (1.0, -1.0, True),
        (0.0, 1.0, True),
    ],
)
def test_clamp_lets_values_come_back(value: float, gradient: float, passes: bool) -> None:
    x = torch.tensor([value], requires_grad=True)
    y = clamp_with_grad(x)
    y.backward(torch.tensor([gradient]))
    assert y.item() == min(max(value, 0.0), 1.0)
    assert x.grad is not None and x.grad.item() == (gradient if passes else 0.0)


def test_clamp_by_descent_ends_inside() -> None:
    x = torch.tensor([3.0, -2.0, 0.5], requires_grad=True)
    for _ in range(50):
        (grad,) = torch.autograd.grad((clamp_with_grad(x) - 0.4).square().sum(), x)
        x = (x - 0.2 * grad).detach().requires_grad_()
    assert torch.allclose(x, torch.full((3,), 0.4), atol=1e-3)


def test_clamp_to_another_range() -> None:
    assert clamp_with_grad(torch.tensor([-2.0, 0.3, 2.0]), -1, 1).tolist() == pytest.approx([-1, 0.3, 1])


def test_stop_below_keeps_the_value_and_stops_the_gradient() -> None:
    x = torch.tensor([0.2, 0.5, 0.9], requires_grad=True)
    y = stop_below(x, torch.tensor(0.5))
    y.sum().backward()
    assert y.tolist() == pytest.approx([0.2, 0.5, 0.9])
    assert x.grad is not None and x.grad.tolist() == [0.0, 0.5, 1.0]


def test_without_a_stop_the_gradient_is_whole() -> None:
    x = torch.tensor([-3.0, 0.0, 3.0], requires_grad=True)
    stop_below(x, torch.tensor(-torch.inf)).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [1.0, 1.0, 1.0]


def test_total_variation_of_a_ramp_and_of_thin_pictures() -> None:
    ramp = (torch.arange(8.0) / 10).expand(2, 3, 5, 8)
    assert torch.allclose(total_variation(ramp), torch.full((2,), 0.01))
    assert torch.allclose(total_variation(ramp.transpose(2, 3)), torch.full((2,), 0.01))
    assert torch.allclose(total_variation(ramp[:, :, :1]), torch.full((2,), 0.01))
    assert total_variation(torch.rand(1, 3, 1, 1)).tolist() == [0.0]


def test_out_of_range_sees_only_the_excess() -> None:
    images = torch.zeros(3, 3, 4, 4)
    images[1], images[2] = 1.5, -0.5
    assert out_of_range(images).tolist() == [0.0, 0.25, 0.25]


def test_grey_has_no_colour() -> None:
    images = torch.full((2, 3, 4, 4), 0.3)
    images[1, 0] = 1.0
    grey, red = colourfulness(images).tolist()
    luma = 0.299 * 1.0 + 0.701 * 0.3
    assert grey == pytest.approx(0, abs=1e-12)
    assert red == pytest.approx(((1.0 - luma) ** 2 + 2 * (0.3 - luma) ** 2) / 3, rel=1e-4)


@pytest.mark.parametrize("measure", [total_variation, out_of_range, colourfulness])
def test_rows_do_not_mix(measure: object) -> None:
    assert callable(measure)
    images = torch.randn(3, 3, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    measure(images)[1].backward()
    assert images.grad is not None
    assert images.grad[1].abs().sum() > 0 and images.grad[0].abs().sum() == images.grad[2].abs().sum() == 0
    assert torch.autograd.gradcheck(measure, (images[:1].detach().requires_grad_(),))


@pytest.mark.parametrize("side", [4, 5])
def test_mirrored(side: int) -> None:
    images = torch.randn(2, 3, side, side + 3, requires_grad=True)
    across, down, both = (mirrored(images, name) for name in ("left-right", "top-bottom", "both"))
    assert across.shape == down.shape == both.shape == images.shape
    assert torch.equal(across, across.flip(-1)) and torch.equal(down, down.flip(-2))
    assert torch.equal(both, both.flip(-1)) and torch.equal(both, both.flip(-2))
    assert torch.equal(across[..., 0], images[..., 0]) and mirrored(images, "none") is images
    both.sum().backward()
    assert images.grad is not None and images.grad[..., 0, 0].eq(4).all()


def test_off_palette_is_the_distance_to_the_nearest_colour() -> None:
    images = torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    colours = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.5, 0.3]])
    assert off_palette(images, colours).item() == pytest.approx(0.03)
    assert off_palette(images, colours[:1]).item() == pytest.approx(1.25 / 3)
