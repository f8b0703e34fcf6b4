from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from reverie.nets.vqgan import Upsample


@pytest.mark.parametrize("size", [(4, 4), (3, 7)])
def test_upsampling_in_phases_is_the_convolution_of_the_enlarged_map(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    upsample, small = Upsample(16), torch.randn(2, 16, *size)
    along = torch.randn(2, 16, 2 * size[0], 2 * size[1])
    found = []
    for enabled in (False, True):
        x = small.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            large = upsample(x).float()
        found.append((large, *torch.autograd.grad((large * along).sum(), x)))
    (plain, slope), (phased, own) = found
    assert torch.equal(plain, upsample.conv(F.interpolate(small, scale_factor=2.0, mode="nearest")))
    assert (plain - phased).abs().max() < 0.02 * plain.abs().max() and (slope - own).abs().max() < 0.02 * slope.abs().max()
