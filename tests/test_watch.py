"""Watching a batch: each dream stops for itself, the best picture is kept, and all of it survives being put away."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny
import torch
from torch import Tensor

from reverie.build import Kept, frames
from reverie.course import Course
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.plan import Plan
from reverie.types import Frame
from reverie.watch import Rules, Watch

PARTS = (torch.zeros(2, 3), torch.ones(2, 1, 2))
IMAGES = torch.full((2, 3, 4, 4), 0.5)


def watched(rules: Rules, losses: list[tuple[float, float]]) -> Watch:
    watch = Watch(rules, PARTS)
    for step, loss in enumerate(losses):
        watch.see(step, IMAGES, torch.tensor(loss), tuple(part + step for part in PARTS), noted=True)
    return watch


def judged(*scores: tuple[float, float]) -> Rules:
    """A judge who says these in turn."""
    said = iter(torch.tensor(scores))
    return Rules(judge=lambda images: next(said))


def test_a_dream_whose_loss_stays_stops_and_its_neighbour_goes_on() -> None:
    watch = watched(Rules(patience=2), [(1.0, 1.0 - step / 10) for step in range(5)])
    assert watch.ends.tolist() == [4, -1] and not watch.over()
    watch.see(5, IMAGES, torch.ones(2), PARTS, noted=False)
    watch.see(6, IMAGES, torch.ones(2), PARTS, noted=False)
    watch.see(8, IMAGES, torch.ones(2), PARTS, noted=False)
    assert watch.over() and watch.ends[0] == 4
    first, second = watch.curves()
    assert first.steps == (0, 1, 2, 3, 4) == second.steps


def test_patience_without_end_never_stops() -> None:
    assert not watched(Rules(), [(1.0, 1.0)] * 20).over()


def test_it_stops_when_the_judge_is_sure() -> None:
    watch = watched(replace(judged((0.1, 0.9), (0.8, 0.2), (0.1, 0.1)), stop_at=0.8), [(1.0, 1.0)] * 3)
    assert watch.ends.tolist() == [1, 0] and watch.over()
    assert [curve.steps for curve in watch.curves()] == [(0, 1), (0,)]
    assert watch.had(3).tolist() == [1, 0]


def test_the_best_is_kept_and_the_last_counts_too() -> None:
    watch = watched(replace(judged((0.5, 0.1), (0.9, 0.2), (0.6, 0.3), (0.7, 0.8)), keep_best=True), [(1.0, 1.0)] * 3)
    ended = watch.ended(3, IMAGES, torch.ones(2), tuple(part + 3 for part in PARTS))
    assert ended.had(3).tolist() == [1, 3] and torch.allclose(ended.latest, torch.tensor([0.9, 0.8]))
    assert [part[:, 0].flatten().tolist() for part in ended.chosen(PARTS)] == [[1, 3], [2, 2, 4, 4]]
    assert watch.had(3).tolist() == [1, 2] and len(watch.steps) == 3  # this one can still be gone on with


def test_a_judge_who_says_nothing_chooses_nothing() -> None:
    watch = watched(replace(judged(*[(torch.nan, torch.nan)] * 2), keep_best=True, stop_at=0.1), [(1.0, 1.0)] * 2)
    assert not watch.over() and watch.chosen(PARTS)[0] is not watch.best[0] and torch.equal(watch.chosen(PARTS)[0], PARTS[0])


def test_what_was_seen_can_be_put_away_and_taken_up_again() -> None:
    rules = Rules(patience=2, keep_best=True, judge=lambda images: torch.tensor([0.3, 0.7]))
    watch = watched(rules, [(1.0, 1.0)] * 3)
    other = Watch(rules, PARTS)
    other.restore({name: value.clone() for name, value in watch.state().items()})
    for one in (watch, other):
        one.see(3, IMAGES, torch.ones(2), PARTS, noted=True)
        one.see(4, IMAGES, torch.ones(2), PARTS, noted=True)
    assert watch.state().keys() == other.state().keys()
    assert all(torch.equal(value, other.state()[name]) for name, value in watch.state().items())


def final(dream: Dream, kept: Kept | None = None, stop: int = 10**6) -> Frame:
    taken = 0

    def wants(step: int, steps: int) -> bool:
        nonlocal taken
        taken = step + 1
        return False

    return list(frames([dream], wants=wants, should_stop=lambda: taken >= stop, device="cpu", kept=kept or Kept()))[-1]


@pytest.mark.parametrize("change", [{"keep_best": True}, {"patience": 2}, {"stop_at": 0.001}, {"keep_best": True, "ema": 0.5}])
def test_stopping_well_survives_an_interruption(networks: tiny.Options, change: dict[str, object]) -> None:
    dream = tiny.dream(networks, "a fox", steps=12, generator="pixels", judge="mini", **change)
    whole = final(dream)
    state: dict[str, Tensor] = {}

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        if course.taken == 5:
            state.update({name: value.clone() for name, value in course.state().items()})

    final(dream, Kept(keep=keep), stop=5)
    if state:
        resumed = final(dream, Kept(state=state))
        assert torch.equal(resumed.pixels, whole.pixels) and resumed.curve == whole.curve and resumed.step == whole.step
    assert whole.ended and whole.curve and whole.score is not None


def test_who_asks_the_judge_must_be_understood(networks: tiny.Options) -> None:
    for prompt, judge in (("qwxyz", "mini"), ("a fox", "none")):
        with pytest.raises(BadRequest, match="ask the judge"):
            final(tiny.dream(networks, prompt, keep_best=True, judge=judge))
    assert final(tiny.dream(networks, "qwxyz")).score is None
