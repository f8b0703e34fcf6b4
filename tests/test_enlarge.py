"""Pictures made larger."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from reverie.enlarge import enlarged


@pytest.mark.parametrize(("height", "width"), [(32, 48), (7, 9), (33, 10)])
def test_it_is_torchs_bicubic_and_so_is_its_way_back(height: int, width: int) -> None:
    image = torch.rand(2, 3, 7, 9, generator=torch.Generator().manual_seed(0)).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = enlarged(image, height, width)
    wanted = F.interpolate(image, size=(height, width), mode="bicubic", align_corners=False)
    assert found.dtype == torch.float32 and torch.allclose(found, wanted, atol=1e-5)
    way = torch.rand(wanted.shape, generator=torch.Generator().manual_seed(1))
    (mine,), (theirs,) = torch.autograd.grad(found, image, way), torch.autograd.grad(wanted, image, way)
    assert torch.allclose(mine, theirs, atol=1e-4)


def test_what_was_first_made_without_gradients_serves_with_them() -> None:
    with torch.inference_mode():
        enlarged(torch.rand(1, 1, 5, 5), 11, 13)
    image = torch.rand(1, 1, 5, 5, requires_grad=True)
    enlarged(image, 11, 13).sum().backward()
    assert image.grad is not None
