from __future__ import annotations

import pytest
import torch

from reverie.cuts.jitter import Jitter

kornia = pytest.importorskip("kornia.augmentation")


@pytest.mark.parametrize("seed", range(4))
def test_jitter_is_kornias_in_value_and_gradient(seed: int) -> None:
    dice = kornia.ColorJitter(brightness=0.1, contrast=0.1, saturation=0.1, hue=0.1, p=0.7)
    draw = torch.Generator().manual_seed(seed)
    views = torch.rand(6, 3, 32, 32, generator=draw) * 1.2 - 0.1
    views[:, :, :4] = views[:, :1, :4]  # grey, which has no hue ...
    views[:, 1:, 4:8] = views[:, 1:2, 4:8]  # ... and colours of which two channels are alike
    views.requires_grad_()
    along = torch.randn(views.shape, generator=draw)
    found = []
    for jitter in (dice, Jitter(dice)):
        torch.manual_seed(seed)
        seen = jitter(views)
        found.append((seen, *torch.autograd.grad(seen, views, along)))
    (theirs, slope), (ours, own) = found
    assert (theirs - ours).abs().max() < 1e-5
    assert ((slope - own).abs() > 1e-3).float().mean() < 1e-3  # but at the hue's corners, where either side is right
