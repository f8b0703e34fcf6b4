"""The free attack: it starts where the noise says, climbs where it hurts, stays in its ball, and is none without a radius."""

from __future__ import annotations

import torch
from torch import Tensor

from reverie.train.attack import attacked, unit, within
from reverie.train.settings import Robust


def test_unit() -> None:
    x = torch.randn(5, 3, 4, 4)
    assert torch.allclose(unit(x).flatten(1).norm(dim=1), torch.ones(5))
    assert not unit(torch.zeros(1, 3)).isnan().any()


def test_within() -> None:
    long = within(torch.randn(6, 3, 8, 8) * 5, 0.8)
    assert torch.allclose(long.flatten(1).norm(dim=1), torch.full((6,), 0.8))
    short = torch.randn(6, 3, 8, 8) * 1e-3
    assert torch.equal(within(short, 0.8), short)


def replayed(radius: float, replays: int = 3) -> tuple[Tensor, list[Tensor]]:
    """Grey views whose loss is their first pixel, and what was shown of them each time."""
    images, shown = torch.full((2, 3, 4, 4), 0.5), []

    def learn(views: Tensor) -> dict[str, Tensor]:
        shown.append(views.detach().clone())
        loss = views[:, 0, 0, 0].sum()
        if views.requires_grad:
            loss.backward()
        return {"loss": loss}

    noise = unit(torch.randn(images.shape, generator=torch.Generator().manual_seed(0)))
    last = attacked(images, noise, Robust(radius, replays=replays), radius, learn)["loss"]
    assert last == shown[-1][:, 0, 0, 0].sum(), "the figures are the last step's"
    return images, shown


def test_each_replay_starts_from_where_the_one_before_hurts_most() -> None:
    images, shown = replayed(0.3)
    assert len(shown) == 3
    moves = [(views - images).flatten(1) for views in shown]
    assert torch.allclose(moves[0].norm(dim=1), torch.full((2,), 0.15))
    assert all((move.norm(dim=1) <= 0.3 + 1e-5).all() for move in moves)
    losses = [views[:, 0, 0, 0].sum().item() for views in shown]
    assert losses == sorted(losses) and losses[2] > losses[0] + 0.3


def test_without_a_radius_views_are_seen_once_as_they_are() -> None:
    images, shown = replayed(0.0)
    assert len(shown) == 1 and torch.equal(shown[0], images)
