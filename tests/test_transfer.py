"""To the device and back: what is sent or fetched is a copy of what was there at that time."""

from __future__ import annotations

import torch

from reverie.rng import Rng, grain
from reverie.transfer import fetched, sent

CPU = torch.device("cpu")


def test_what_is_fetched_is_as_it_was() -> None:
    one, other = torch.zeros(3), torch.ones(2, dtype=torch.uint8)
    arrived = fetched((one, other))
    one += 1
    other += 1
    assert [copy.tolist() for copy in arrived()] == [[0, 0, 0], [1, 1]]


def test_what_is_sent_arrives() -> None:
    assert torch.equal(sent(torch.arange(3), CPU), torch.arange(3))
    assert sent(torch.arange(3), torch.device("meta")).is_meta


def test_grain_is_each_dreams_own() -> None:
    both = grain([Rng(1), Rng(2)], (3, 1, 4, 4), "noise", 5, CPU)
    assert torch.equal(both[3:], grain([Rng(2)], (3, 1, 4, 4), "noise", 5, CPU)) and not torch.equal(both[:3], both[3:])
    assert torch.equal(both[:3], Rng(1).normal((3, 1, 4, 4), "noise", 5))
