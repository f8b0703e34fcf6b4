"""A painting that a camera moves over: each leg begins from the last one's picture, and stopped anywhere it goes on as if not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from reverie.build import Kept, frames
from reverie.camera import Camera
from reverie.course import Course
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.plan import Plan
from reverie.types import Frame

MOVES: dict[str, Any] = {"zoom": 1.1, "shift": (2, 0), "zoom_every": 3, "steps": 8}


def painted(*dreams: Dream, **more: Any) -> list[Frame]:
    return list(frames(dreams, device="cpu", **more))


def pixels(found: list[Frame]) -> dict[int, Tensor]:
    return {frame.step: frame.pixels for frame in found}


@pytest.mark.parametrize("generator", ["pixels", "vqgan", "stack"])
def test_each_leg_begins_from_the_last_ones_picture(networks: tiny.Options, generator: str) -> None:
    dream = tiny.dream(networks, generator=generator, **MOVES)
    found = painted(dream)
    assert [(frame.step, frame.final) for frame in found] == [*((step, False) for step in range(8)), (8, True)]
    still = pixels(painted(dream.model_copy(update={"zoom": 1.0, "shift": (0, 0)})))
    assert torch.equal(still[0], found[0].pixels) and not torch.equal(still[1], found[1].pixels), "it moves at once"
    late = pixels(painted(dream.model_copy(update={"zoom_start": 2})))
    assert all(torch.equal(still[step], late[step]) for step in range(4)) and not torch.equal(still[4], late[4])


def test_what_is_painted_on_is_the_moved_picture(networks: tiny.Options) -> None:
    """Pixels hold a picture as it is: a step as small as nothing shows it."""
    found = pixels(painted(tiny.dream(networks, generator="pixels", rate=1e-9, range=0.0, **MOVES)))
    camera = Camera(zoom=1.1, shift=(2, 0), every=3, start=0)
    for step in (0, 3):
        before = next(frame.image for frame in painted(tiny.dream(networks, rate=1e-9, range=0.0, **MOVES)) if frame.step == step)
        assert np.abs(np.asarray(camera.moved(before)).astype(int) - found[step + 1].numpy()).max() <= 1


@pytest.mark.parametrize("change", [{"ema": 0.5}, {"init_weight": 0.2}, {"zoom_every": 1}, {"transparent": True}, {"zoom_start": 5}])
def test_stopped_anywhere_it_goes_on_as_if_not(networks: tiny.Options, change: dict[str, Any]) -> None:
    dream = tiny.dream(networks, **{**MOVES, "generator": "pixels", **change})
    whole = pixels(painted(dream))
    for left in range(1, 8):
        kept: list[tuple[dict[str, Tensor], Plan]] = []

        def keep(plan: Plan, course: Course, leaving: bool, kept: list[Any] = kept) -> None:
            kept[:] = [({name: value.clone() for name, value in course.state().items()}, plan)]

        early = painted(dream, kept=Kept(keep=keep), should_stop=stopping(left))
        assert early[-1].final and not early[-1].ended and torch.equal(early[-1].pixels, whole[early[-1].step]) or change.get("ema")
        rest = painted(dream, kept=Kept(*kept[0]))
        assert all(torch.equal(frame.pixels, whole[frame.step]) for frame in rest)
        assert rest[-1].ended


def stopping(after: int) -> Any:
    """Asked before each step, and after a leg: true after so many questions, and from there on."""
    asked = iter(range(1000))
    return lambda: next(asked) >= after


def test_a_dream_moves_among_others_as_alone(networks: tiny.Options) -> None:
    dreams = [tiny.dream(networks, seed=seed, **MOVES) for seed in (1, 2)]
    together = [frame for frame in painted(*dreams) if frame.final]
    for dream, frame in zip(dreams, together, strict=True):
        assert (painted(dream)[-1].pixels.int() - frame.pixels.int()).abs().max() <= 1


def test_only_pictures_that_are_wanted_are_shown(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, **MOVES)
    assert [frame.step for frame in painted(dream, wants=lambda step, steps: step % 3 == 0)] == [0, 3, 6, 8]
    assert [frame.step for frame in painted(dream, wants=lambda step, steps: False)] == [8]


def test_what_cannot_move_says_so(networks: tiny.Options) -> None:
    with pytest.raises(BadRequest, match="--generator vqgan"):
        painted(tiny.dream(networks, generator="biggan", **MOVES))


def test_a_stopped_dream_is_asked_no_more(networks: tiny.Options) -> None:
    def shown() -> Iterator[Frame]:
        yield from frames([tiny.dream(networks, **MOVES)], device="cpu", should_stop=lambda: True)

    (only,) = shown()
    assert only.step == 0 and only.final and not only.ended
