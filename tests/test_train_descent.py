"""What every step shares: the rate's shape, weight decay where it belongs, the step down a loss, slow weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reverie.train.descent import Slow, decaying, descend, rate_at, set_rate
from reverie.train.settings import Pace


def test_the_rate_warms_up_and_ends_low() -> None:
    pace = Pace(100, 1, 1.0, 10)
    rates = [rate_at(step, pace) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == rates[10] == pytest.approx(1.0)
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[55] == pytest.approx(0.51, abs=0.01) and rates[-1] == pytest.approx(0.02, abs=0.001)
    assert rate_at(1000, pace) == pytest.approx(0.02)


def test_slow_weights_follow_slowly_and_their_own_way() -> None:
    linear, normal = nn.Linear(2, 2), nn.BatchNorm1d(2)
    network = nn.Sequential(linear, normal)
    slow = Slow(network, 0.9)
    with torch.no_grad():
        before = linear.weight.clone()
        linear.weight.add_(1)
        normal.get_buffer("num_batches_tracked").add_(7)
    slow.update(network, 1000)
    copied = slow.network.state_dict()
    assert torch.allclose(copied["0.weight"], before + 0.1)
    assert copied["1.num_batches_tracked"] == 7
    assert not any(p.requires_grad for p in slow.network.parameters()) and not slow.network.training


def test_slow_weights_hurry_at_first() -> None:
    network = nn.Linear(1, 1)
    slow = Slow(network, 0.999)
    with torch.no_grad():
        network.weight.fill_(10.0)
    slow.update(network, 0)
    assert slow.network.state_dict()["weight"].item() > 8


def test_a_rate_is_given_to_all_optimisers_on_their_own_scale() -> None:
    pace, layer = Pace(100, 1, 0.2, 10), nn.Linear(2, 2)
    one, other = (torch.optim.SGD(layer.parameters(), lr=1.0) for _ in range(2))
    set_rate(50, pace, one)
    set_rate(50, pace, other, peak=0.1)
    assert one.param_groups[0]["lr"] == rate_at(50, pace) == pytest.approx(2 * other.param_groups[0]["lr"])


def test_weight_decay_spares_biases() -> None:
    layer = nn.Linear(2, 3)
    matrices, others = decaying(layer.parameters(), 0.1, 0.05).param_groups
    assert (matrices["weight_decay"], others["weight_decay"]) == (0.05, 0.0)
    assert matrices["params"] == [layer.weight] and others["params"] == [layer.bias]


@pytest.mark.parametrize("longest", [None, 0.5])
def test_a_step_goes_down_the_loss_and_no_further_than_asked(longest: float | None) -> None:
    weight = nn.Parameter(torch.tensor([3.0, 4.0]))
    weight.grad = torch.full((2,), 100.0)  # of a step before, which counts no more
    descend(weight.square().sum() / 2, torch.optim.SGD([weight], lr=0.1), longest)
    by = 0.1 if longest is None else 0.1 * longest / 5
    assert torch.allclose(weight, (1 - by) * torch.tensor([3.0, 4.0]))
