"""Every ground that words can name is drawn, in range, and like no other."""

from __future__ import annotations

import pytest
import torch

from reverie.data.grounds import clouds, ground
from reverie.data.words import COLOURS, GROUNDS
from reverie.errors import BadRequest


@pytest.mark.parametrize("kind", GROUNDS)
def test_drawn_in_range_and_from_its_generator_alone(kind: str) -> None:
    images = ground(kind, 8, 32, torch.Generator().manual_seed(3))
    assert images.shape == (8, 3, 32, 32) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1 and images.isfinite().all()
    assert torch.equal(images, ground(kind, 8, 32, torch.Generator().manual_seed(3)))
    assert (images[0] - images[1]).abs().mean() > 0.005, "two of a kind look the same"
    assert images.std(dim=(2, 3)).amax() > 0.02, "it is one flat colour"


def test_kinds_differ() -> None:
    means = {kind: ground(kind, 16, 16, torch.Generator().manual_seed(0)).mean(0) for kind in GROUNDS}
    close = [(a, b) for a in means for b in means if a < b and (means[a] - means[b]).abs().mean() < 0.01]
    # Those with random palettes average to the same grey.
    assert all({a, b} <= {"gradient", "clouds", "stripes", "checks"} for a, b in close), close


def test_an_unknown_ground_is_told() -> None:
    with pytest.raises(BadRequest, match="'moon'.*grass"):
        ground("moon", 1, 16, torch.Generator())


def test_clouds_are_smooth() -> None:
    noise = clouds(2, 64, torch.Generator().manual_seed(0))
    assert noise.min() >= 0 and noise.max() <= 1
    assert noise.diff(dim=-1).abs().mean() < 0.2 * noise.std()


def test_no_colour_is_also_a_ground() -> None:
    assert not set(COLOURS) & set(GROUNDS)
