"""A batch under way: its state is all that there is, and goes on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import tiny
import torch
from torch import Tensor

from reverie.build import Kept, frames
from reverie.course import Course
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.optimisers import OPTIMISERS
from reverie.plan import Plan
from reverie.types import Frame, Latent


class Keeper:
    """Copies of the state after every step, as a disk would have them."""

    def __init__(self) -> None:
        self.states: list[dict[str, Tensor]] = []

    def keep(self, plan: Plan, course: Course, leaving: bool) -> None:
        self.states.append({name: value.clone() for name, value in course.state().items()})


def painted(dream: Dream, state: Mapping[str, Tensor] | None = None, keeper: Keeper | None = None) -> list[Frame]:
    kept = Kept(state, keep=keeper.keep) if keeper else Kept(state)
    return list(frames([dream], device="cpu", kept=kept))


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan", "biggan", "progan", "fft", "siren", "logits"])
def test_what_follows_a_state_is_what_would_have_followed(networks: tiny.Options, generator: str) -> None:
    dream = tiny.dream(networks, "a red fox", generator=generator, steps=5, ema=0.5)
    keeper = Keeper()
    whole = painted(dream, keeper=keeper)
    assert [int(state["taken"]) for state in keeper.states] == [1, 2, 3, 4, 5]
    for state in keeper.states:
        rest = painted(dream, state)
        for a, b in zip(rest, whole[int(state["taken"]) :], strict=True):
            assert torch.equal(a.pixels, b.pixels) and a.losses == b.losses and a.step == b.step


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("init", ["random", "noise"])
def test_every_optimiser_goes_on(networks: tiny.Options, optimiser: str, init: str) -> None:
    dream = tiny.dream(networks, "a red fox", optimiser=optimiser, steps=4, init=init, init_weight=2.0)
    keeper = Keeper()
    whole = painted(dream, keeper=keeper)
    assert torch.equal(painted(dream, keeper.states[1])[-1].pixels, whole[-1].pixels)


def test_a_picture_that_it_began_with_may_be_gone(networks: tiny.Options, tmp_path_factory: pytest.TempPathFactory) -> None:
    from PIL import Image

    path = tmp_path_factory.mktemp("init") / "start.png"
    Image.new("RGB", (32, 32), "teal").save(path)
    dream = tiny.dream(networks, "a red fox", init=str(path), init_weight=1.0, steps=4)
    keeper = Keeper()
    whole = painted(dream, keeper=keeper)
    path.unlink()
    assert torch.equal(painted(dream, keeper.states[1])[-1].pixels, whole[-1].pixels)


def begun(*sizes: int) -> Course:
    parts = tuple(torch.rand(2, size).requires_grad_() for size in sizes)
    return Course.begin(Latent(parts, 8, 8), torch.optim.Adam(parts, lr=0.1), ema=0.9)


def test_a_state_of_another_dream_is_refused_and_changes_nothing() -> None:
    course = begun(3, 4)
    before = [part.clone() for part in course.latent.parts]
    without = {name: value for name, value in course.state().items() if name != "taken"}
    for state in (begun(3).state(), begun(3, 5).state(), without, {}):
        with pytest.raises(BadRequest, match="of another dream"):
            course.restore(state)
    assert all(torch.equal(a, b) for a, b in zip(before, course.latent.parts, strict=True)) and course.taken == 0


def test_many_parts_keep_their_order() -> None:
    course, other = begun(*range(1, 13)), begun(*range(1, 13))
    course.taken = 7
    other.restore(course.state())
    assert all(torch.equal(a, b) for a, b in zip(course.latent.parts, other.latent.parts, strict=True)) and other.taken == 7
