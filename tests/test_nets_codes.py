"""The code transformer: gaps close on a cosine, rows do not mix, and a seed always fills in the same codes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.nets.codes import CodesConfig, CodeTransformer, fill, gaps, mask

TINY = CodesConfig(side=4, codes=32, dim=16, hands=3, fine=8, width=16, layers=1, heads=2)


def network() -> CodeTransformer:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        made = CodeTransformer(TINY).eval()
        made.embed.weight.mul_(20)  # so that it has opinions, as a trained one
    return made


def dice(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def read(count: int) -> Tensor:
    return F.normalize(torch.randn(count, TINY.dim, generator=torch.Generator().manual_seed(5)), dim=1)


def test_the_real_one_is_small() -> None:
    with torch.device("meta"):
        assert 1.3e6 < sum(p.numel() for p in CodeTransformer(CodesConfig()).parameters()) < 1.7e6


def test_gaps_fall_from_all_to_none() -> None:
    assert gaps(0, 256) == 256 and gaps(1, 256) == 0
    left = [gaps(step / 10, 256) for step in range(11)]
    assert left == sorted(left, reverse=True)
    assert 256 - left[1] < left[9] - left[10], "first few, then many"


def test_a_mask_hides_a_share_of_each_row() -> None:
    codes = torch.arange(16).view(1, 4, 4).expand(300, 4, 4)
    seen, hidden = mask(codes, torch.Generator().manual_seed(0), 32)
    assert torch.equal(seen == 32, hidden)
    assert torch.equal(seen[~hidden], codes[~hidden])
    count = hidden.flatten(1).sum(1)
    assert count.min() == 1 and count.max() >= 15
    assert 0.55 < hidden.float().mean() < 0.7  # 2/pi of the places, as the cosine has it
    assert hidden.float().mean(0).std() < 0.05, "no place is favoured"


def test_sampling_fills_every_place_and_is_reproducible() -> None:
    net, hands = network(), torch.tensor([0, 2])
    codes = fill(net, read(2), hands, dice(1, 2))
    assert codes.shape == (2, 4, 4)
    assert codes.min() >= 0 and codes.max() < TINY.codes
    assert torch.equal(codes, fill(net, read(2), hands, dice(1, 2)))
    assert not torch.equal(codes, fill(net, read(2), hands, dice(1, 3)))
    alone = fill(net, read(2)[1:], hands[1:], dice(2))
    assert torch.equal(alone[0], codes[1])


def test_without_temperature_the_likeliest_codes_are_taken() -> None:
    net, hands = network(), torch.tensor([1])
    likeliest = net(torch.full((1, 4, 4), TINY.codes), read(1), hands).argmax(-1)
    for seed in (1, 2):
        assert torch.equal(fill(net, read(1), hands, dice(seed), temperature=0, guidance=0, passes=1), likeliest)


def test_text_hand_and_neighbours_are_heard() -> None:
    net, codes = network(), torch.full((1, 4, 4), TINY.codes)
    first = net(codes, read(2)[:1], torch.tensor([0]))
    assert first.shape == (1, 4, 4, TINY.codes)
    other = codes.clone()
    other[0, 3, 3] = 7
    for changed in (
        net(codes, read(2)[1:], torch.tensor([0])),
        net(codes, read(2)[:1], torch.tensor([1])),
        net(other, read(2)[:1], torch.tensor([0])),
    ):
        assert (changed[0, 0, 0] - first[0, 0, 0]).abs().max() > 1e-4


def test_places_stand_where_they_are() -> None:
    """Cells are gathered and spread without a place changing hands: of a local change the place itself hears most."""
    net, codes = network(), torch.full((1, 4, 4), TINY.codes)
    other = codes.clone()
    other[0, 1, 2] = 7
    moved = (net(other, read(1), torch.tensor([0])) - net(codes, read(1), torch.tensor([0])))[0].abs().sum(-1)
    assert moved.argmax() == 1 * 4 + 2


@pytest.mark.parametrize("wrong", [{"side": 5}, {"width": 15}])
def test_sizes_that_do_not_fit_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be even"):
        CodeTransformer(CodesConfig(**{"side": 4, "heads": 2, **wrong}))
