"""What a latent is held to, how the hold fades and drops, and that the optimiser then starts anew."""

from __future__ import annotations

from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from reverie.anchors import Anchor, flat
from reverie.build import Kept, frames
from reverie.course import Course
from reverie.options.init import Options
from reverie.plan import Plan
from reverie.types import Latent


def latent(*values: float) -> Latent:
    return Latent((torch.tensor(values).view(1, -1), torch.full((1, 2, 2), values[0])), 8, 8)


def test_it_is_half_the_mean_square_over_all_values() -> None:
    here = latent(1.0, 3.0)
    assert flat(here).tolist() == [[1, 3, 1, 1, 1, 1]]
    origin = torch.zeros(1, 6)
    assert Anchor(origin, 4.0, Options(rule="zero"))(here, 9).item() == pytest.approx(4 / 2 * (9 + 5) / 6)
    assert Anchor(flat(here), 4.0, Options(rule="latent"))(here, 0).item() == 0


def test_vqgan_clips_hold_fades() -> None:
    option = Options(rule="zero", fading=True)
    assert [option.share(step) for step in (0, 1, 2)] == [1, 1 / 3, 1 / 5]


def test_the_regularised_hold_drops_to_nothing_by_equal_parts() -> None:
    option = Options(rule="zero", drops=5, every=50)
    assert [option.share(step) for step in (0, 49, 50, 249, 250, 999)] == [1, 1, 0.8, pytest.approx(0.2), 0, 0]
    anchor = Anchor(torch.zeros(1, 1), 1.0, option)
    assert [step for step in range(400) if anchor.renews(step)] == [50, 100, 150, 200, 250]
    assert not any(Anchor(torch.zeros(1, 1), 1.0, Options()).renews(step) for step in range(200))


def courses(networks: tiny.Options, **fields: Any) -> list[tuple[Tensor, float]]:
    """The latent after every step, flat, and how many steps the optimiser remembers."""
    seen = []

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        (part,) = course.latent.parts
        seen.append((flat(course.latent).detach().clone(), float(course.optimiser.state[part]["step"])))

    dream = tiny.dream(networks, generator="vqgan", **fields)
    for _ in frames([dream], wants=lambda step, steps: False, kept=Kept(keep=keep)):
        pass
    return seen


@pytest.mark.parametrize("rule", ["latent", "zero"])
def test_a_strong_hold_wins(networks: tiny.Options, rule: str) -> None:
    def end(weight: float) -> float:
        seen = courses(networks | {"init": {"rule": rule}}, steps=25, init_weight=weight)
        return (seen[-1][0] - (seen[0][0] if rule == "latent" else 0)).norm().item()

    assert end(1e4) < 0.5 * end(0.0)


def test_the_optimiser_starts_anew_where_the_hold_drops(networks: tiny.Options) -> None:
    seen = courses(networks | {"init": {"rule": "zero", "drops": 2, "every": 3}}, steps=10, init_weight=1.0)
    assert [steps for _, steps in seen] == [1, 2, 3, 1, 2, 3, 1, 2, 3, 4]


def test_a_hold_is_gone_on_with(networks: tiny.Options) -> None:
    fields: dict[str, Any] = {"steps": 7, "init_weight": 3.0}
    options = networks | {"init": {"rule": "latent", "drops": 2, "every": 2}}
    dream, kept = tiny.dream(options, generator="vqgan", **fields), list[Kept]()

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        kept.append(Kept({name: value.clone() for name, value in course.state().items()}, plan))

    whole = list(frames([dream], kept=Kept(keep=keep)))[-1]
    for state in kept[:-1]:
        assert torch.equal(list(frames([dream], kept=state))[-1].pixels, whole.pixels)
