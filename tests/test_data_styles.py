"""Every style that words can name is a filter that can be seen and stays in range."""

from __future__ import annotations

import pytest
import torch
from drawings import icons
from torch import Tensor

from reverie.data.scenes import SceneMaker
from reverie.data.styles import FILTERS, apply_style
from reverie.data.words import STYLES
from reverie.errors import BadRequest
from reverie.losses import luminance


@pytest.fixture(scope="module")
def plain() -> Tensor:
    return SceneMaker(icons(), 64, 0)(6, 0).images


def test_words_and_filters_agree() -> None:
    assert set(STYLES) == set(FILTERS)


@pytest.mark.parametrize("name", FILTERS)
def test_a_style_is_seen_and_stays_in_range(name: str, plain: Tensor) -> None:
    before = plain.clone()
    styled = apply_style(name, plain, torch.Generator().manual_seed(0))
    assert styled.shape == plain.shape and torch.equal(plain, before)
    assert styled.min() >= 0 and styled.max() <= 1 and styled.isfinite().all()
    assert (styled - plain).abs().mean() > 0.015
    assert torch.equal(styled, apply_style(name, plain, torch.Generator().manual_seed(0)))


def test_styles_do_what_they_say(plain: Tensor) -> None:
    rng = torch.Generator().manual_seed(0)
    for grey in ("black and white", "pencil sketch"):
        styled = apply_style(grey, plain, rng)
        assert (styled.amax(1) - styled.amin(1)).max() < 1e-6
    cells = apply_style("pixel art", plain, rng)
    assert torch.equal(cells[..., ::4, ::4].repeat_interleave(4, 2).repeat_interleave(4, 3), cells)
    blue = apply_style("blueprint", plain, rng)
    assert (blue[:, 2] >= blue[:, 0]).all()
    assert len(apply_style("poster", plain, rng).unique()) <= 4


def test_luminance_of_white_is_one() -> None:
    assert torch.allclose(luminance(torch.ones(1, 3, 2, 2)), torch.ones(1, 1, 2, 2))


def test_an_unknown_style_is_told(plain: Tensor) -> None:
    with pytest.raises(BadRequest, match="Did you mean 'mosaic'"):
        apply_style("mosaik", plain, torch.Generator())
