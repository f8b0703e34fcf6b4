"""What is behind transparent pictures."""

from __future__ import annotations

import torch

from reverie.grounds import chance_grounds, on_white, over, premultiplied
from reverie.rng import Rng


def test_grounds_are_drawn_by_seed_and_step_alone() -> None:
    alone = chance_grounds([Rng(3)], 5, 8, 32)
    assert alone.shape == (8, 3, 32, 32) and alone.min() >= 0 and alone.max() <= 1
    assert torch.equal(alone, chance_grounds([Rng(1), Rng(3)], 5, 8, 32)[8:])
    assert not torch.equal(alone, chance_grounds([Rng(3)], 6, 8, 32))


def test_some_grounds_are_plain_and_some_are_not() -> None:
    spread = chance_grounds([Rng(0)], 0, 64, 32).flatten(2).std(2).amax(1)
    plain = (spread < 1e-5).float().mean()
    assert 0.3 < plain < 0.7


def test_hidden_colours_are_not_seen() -> None:
    picture = torch.rand(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    other = picture.clone()
    picture[:, 3, :, :4] = other[:, 3, :, :4] = 0
    other[:, :3, :, :4] = 0.123
    grounds = torch.full((2, 3, 8, 8), 0.7)
    seen = over(premultiplied(picture), grounds)
    assert torch.equal(seen, over(premultiplied(other), grounds)) and torch.allclose(seen[..., :4], grounds[..., :4])
    assert (on_white(picture)[..., :4] == 1).all()
    assert torch.equal(on_white(picture[:, :3]), picture[:, :3])
