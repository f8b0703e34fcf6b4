"""What is written out for CPUs in bf16 gives what torch's own kernels give."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reverie.nets.bf16 import GroupNorm, attend, patches

BF16 = torch.bfloat16


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def apart(found: Tensor, wanted: Tensor) -> float:
    """The size of the difference in parts of what is wanted."""
    return ((found.double() - wanted.double()).norm() / wanted.double().norm()).item()


@pytest.mark.parametrize("dtype", [BF16, torch.float32])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_torchs(dtype: torch.dtype, causal: bool) -> None:
    given = [drawn(2, 3, 9, 16, seed=i).to(dtype).requires_grad_() for i in range(3)]
    exact = [one.detach().double().requires_grad_() for one in given]
    (q, k, v), (a, b, c) = given, exact
    mine, theirs = attend(q, k, v, causal), F.scaled_dot_product_attention(a, b, c, is_causal=causal)
    least = 1e-2 if dtype == BF16 else 1e-6
    assert mine.dtype == dtype and apart(mine, theirs) < least
    way = drawn(2, 3, 9, 16, seed=9)
    ways = torch.autograd.grad(mine, given, way.to(dtype)), torch.autograd.grad(theirs, exact, way.double())
    assert all(apart(found, wanted) < least for found, wanted in zip(*ways, strict=True))


def test_patches_are_what_a_convolution_sees() -> None:
    layer, images = nn.Conv2d(3, 5, 4, 4, bias=False), drawn(2, 3, 13, 10)  # what is left over at the edges is not seen
    wanted = layer(images).flatten(2).transpose(1, 2)
    assert torch.allclose(F.linear(patches(images, 4), layer.weight.flatten(1)), wanted, atol=1e-6)
    with torch.autocast("cpu", BF16):
        found = patches(images, 4)
        assert found.dtype == BF16 and apart(F.linear(found, layer.weight.flatten(1)), wanted) < 1e-2


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("shape", [(2, 8, 5, 7), (1, 12, 16, 16)])
def test_the_norm_and_its_way_back_are_torchs(shape: tuple[int, ...], channels_last: bool) -> None:
    mine, theirs = GroupNorm(4, shape[1], eps=1e-6), nn.GroupNorm(4, shape[1], eps=1e-6).double()
    with torch.no_grad():
        for seed, (own, other) in enumerate(zip(mine.parameters(), theirs.parameters(), strict=True)):
            own.copy_(drawn(shape[1], seed=seed + 3))
            other.copy_(own)
    x = (drawn(*shape) * 1.5 + 1).to(BF16)
    x = x.to(memory_format=torch.channels_last) if channels_last else x
    x, exact = x.requires_grad_(), x.double().detach().requires_grad_()
    way = drawn(*shape, seed=7)
    y, wanted = mine(x), theirs(exact)
    assert y.dtype == BF16 and apart(y, wanted) < 5e-3
    found = torch.autograd.grad(y, (x, mine.weight, mine.bias), way.to(BF16))
    for a, b in zip(found, torch.autograd.grad(wanted, (exact, theirs.weight, theirs.bias), way.double()), strict=True):
        assert a.shape == b.shape and apart(a, b) < 1e-2


def test_where_nothing_is_learnt_and_in_fp32_the_norm_is_torchs() -> None:
    mine, x = GroupNorm(2, 4), drawn(1, 4, 3, 3)
    assert torch.equal(mine(x), nn.GroupNorm.forward(mine, x))
    with torch.no_grad():
        assert torch.equal(mine.bfloat16()(x.to(BF16)), nn.GroupNorm.forward(mine, x.to(BF16)))
