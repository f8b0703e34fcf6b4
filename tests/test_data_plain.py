"""Plain scenes: one thing in the middle, on what the words say."""

from __future__ import annotations

import torch
from drawings import icons

from reverie.data.plain import PAPER, PlainMaker


def test_the_same_step_draws_the_same_batch() -> None:
    maker = PlainMaker(icons(), 16, 4, seed=0)
    first, again, other = maker(12, 3), maker(12, 3), maker(12, 4)
    assert torch.equal(first.images, again.images) and first.captions == again.captions and torch.equal(first.hands, again.hands)
    assert not torch.equal(first.images, other.images)


def test_batches_have_the_asked_shape_and_range() -> None:
    plain = PlainMaker(icons(), 16, 4, seed=0)(20, 0)
    assert plain.images.shape == (20, 3, 16, 16)
    assert plain.images.min() >= 0 and plain.images.max() <= 1
    assert len(plain.captions) == 20 and plain.hands.max() < 4


def test_a_ground_that_is_not_named_is_paper() -> None:
    plain = PlainMaker(icons(), 16, 4, seed=0)(60, 1)
    corners = plain.images[:, :, 0, 0]
    on_paper = (corners - torch.tensor(PAPER)).abs().amax(1) < 0.02
    named = torch.tensor(
        [any(word in caption for word in (" on ", " in ", " at ", " under ", "background", "among")) for caption in plain.captions]
    )
    assert on_paper[~named].float().mean() > 0.8  # a style may tint the paper
    assert on_paper[named].float().mean() < 0.3
