"""Small first: what is carried to the full size paints the same picture, with all that the optimiser knows, and the laws hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from reverie import coarse
from reverie.begin import course_of
from reverie.build import Kept, engine, finished, frames
from reverie.course import Course
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.optimisers import OPTIMISERS
from reverie.plan import Plan
from reverie.recipe import Recipe
from reverie.render import render
from reverie.stages import along
from reverie.types import Frame, Growing, Latent

PLAN = Plan(tiny.CPU, bf16=False, chunk=256)
GROWING = ("pixels", "stack", "vqgan", "fft", "siren", "logits", "biggan", "progan")


def painted(dream: Dream, kept: Kept | None = None) -> list[Frame]:
    return list(frames([dream], device="cpu", kept=kept or Kept()))


def begun(networks: tiny.Options, steps: int = 0, **fields: Any) -> tuple[Dream, Any, Course]:
    """A small course after some steps, with the dream that it belongs to and the engine of that one's size."""
    dream = tiny.dream(networks, steps=4, coarse=0.5, size="64x48", **fields)
    made = engine([dream], PLAN)
    small = coarse.smaller([dream], made.generator, None)
    quick = engine(small, PLAN)
    course = course_of(quick, small, PLAN, None)
    list(render(quick, course, steps, dream.ema))
    return dream, made, course


@pytest.mark.parametrize("generator", GROWING)
@pytest.mark.parametrize("init", ["random", "gradient"])
def test_what_is_carried_is_the_same_picture(networks: tiny.Options, generator: str, init: str) -> None:
    if generator in ("biggan", "progan") and init != "random":
        return  # they cannot start from a picture
    dream, made, course = begun(networks, generator=generator, init=init)
    small = made.generator(course.latent).detach()
    assert small.shape[-2:] == (24, 32)
    large = made.generator(coarse.carried(course, made.generator, dream).latent).detach()
    assert large.shape[-2:] == (48, 64)
    back = torch.nn.functional.interpolate(large, size=(24, 32), mode="area")
    near = (back - small).square().mean().sqrt() / small.std()
    if generator not in ("vqgan", "logits"):  # between a random network's codes there are unrelated ones
        assert near < (0.9 if init == "random" else 0.2), near  # noise is softened


@pytest.mark.parametrize("name", ["pixels", "stack", "fft"])
def test_gradients_are_carried_as_they_would_be(networks: tiny.Options, name: str) -> None:
    """A loss that asks the same of a picture at both sizes: its gradients at the large size are nearly those that are carried."""
    dream, made, course = begun(networks, generator=name, init="gradient")
    large, slopes = coarse.carried(course, made.generator, dream).latent, []
    generator: Growing = made.generator
    for latent in (course.latent, large):
        wave = torch.linspace(0, 3, latent.width).sin() * torch.linspace(0, 2, latent.height).cos()[:, None]
        slopes.append(torch.autograd.grad((made.generator(latent) * wave).mean(), latent.parts))
    grown = generator.grown(Latent(slopes[0], course.latent.height, course.latent.width), dream.height, dream.width, slopes=True)
    wanted, found = torch.cat([part.flatten() for part in slopes[1]]), torch.cat([part.flatten() for part in grown.parts])
    assert (wanted * found).sum() / (wanted.norm() * found.norm()) > 0.6
    assert 0.6 < found.norm() / wanted.norm() < 1.6


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("generator", ["stack", "vqgan", "fft"])
def test_every_optimiser_is_carried_and_goes_on(networks: tiny.Options, optimiser: str, generator: str) -> None:
    dream, made, course = begun(networks, steps=2, generator=generator, optimiser=optimiser, ema=0.5, keep_best=True)
    kept = {name for part in course.latent.parts for name in course.optimiser.state.get(part, {})}
    large = coarse.carried(course, made.generator, dream)
    assert {name for part in large.latent.parts for name in large.optimiser.state.get(part, {})} == kept
    for part, slow, best in zip(large.latent.parts, large.slow, large.watch.best, strict=True):
        assert part.is_leaf and part.requires_grad and part.shape == slow.shape == best.shape
        for name, value in large.optimiser.state.get(part, {}).items():
            assert value.isfinite().all() and (name not in coarse.SQUARES or (value >= 0).all())
    assert large.taken == 2 and large.optimiser.param_groups[0]["lr"] == course.optimiser.param_groups[0]["lr"]
    assert list(render(made, large, 4, dream.ema))[-1].whole.all()


class Keeper:
    """Copies of the state after every step, as a disk would have them."""

    def __init__(self) -> None:
        self.states: list[dict[str, Tensor]] = []

    def keep(self, plan: Plan, course: Course, leaving: bool) -> None:
        self.states.append({name: value.clone() for name, value in course.state().items()})


def tail(dream: Dream, state: Mapping[str, Tensor]) -> list[Frame]:
    return painted(dream, Kept(state))


@pytest.mark.parametrize("generator", GROWING)
def test_killed_at_any_step_it_goes_on_as_if_nothing_had_happened(networks: tiny.Options, generator: str) -> None:
    dream = tiny.dream(networks, generator=generator, steps=6, coarse=0.5, ema=0.5, keep_best=True, size="64x48", prompts="a red apple")
    keeper = Keeper()
    whole = painted(dream, Kept(keep=keeper.keep))
    assert [int(state["taken"]) for state in keeper.states] == [1, 2, 3, 4, 5, 6]
    assert [state["size"].tolist() for state in keeper.states] == [[24, 32]] * 3 + [[48, 64]] * 3
    assert [frame.step for frame in whole[:-1]] == list(range(6)) and all(frame.pixels.shape == (48, 64, 3) for frame in whole)
    for state in keeper.states:
        rest = tail(dream, state)
        for a, b in zip(rest, whole[int(state["taken"]) :], strict=True):
            assert torch.equal(a.pixels, b.pixels) and a.losses == b.losses and (a.step, a.score) == (b.step, b.score)


@pytest.mark.parametrize("stop", range(5))
def test_stopped_on_the_way_the_picture_has_its_size_and_goes_on(networks: tiny.Options, stop: int) -> None:
    dream, asked, keeper = tiny.dream(networks, steps=4, coarse=0.5, size="64x48"), iter(range(100)), Keeper()
    early = list(frames([dream], device="cpu", should_stop=lambda: next(asked) >= stop, kept=Kept(keep=keeper.keep)))[-1]
    assert early.final and early.step == min(stop, 4) and early.pixels.shape == (48, 64, 3)
    if 0 < stop < 4:
        assert torch.equal(tail(dream, keeper.states[-1])[-1].pixels, painted(dream)[-1].pixels)


@pytest.mark.parametrize("left", [1, 2, 3, 4])
def test_what_was_left_is_gone_on_with(networks: tiny.Options, left: int) -> None:
    """As ``extend`` and ``morph`` do: a later stage has its own share of small steps, but never grows small again."""
    dream = tiny.dream(networks, steps=4, coarse=0.5, size="64x48")
    recipe = Recipe(dream=dream).until(left) if left < 4 else Recipe(dream=dream)
    state = _end(along(recipe, wants=None, device="cpu"))
    last = painted(dream)[-1] if left == 4 else None
    made, latent = finished(recipe, state)
    images = made.generator(latent)
    assert images.shape[-2:] == (48, 64)
    if last is not None:
        assert ((images[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0) == last.pixels).all()
    longer = dream.model_copy(update={"steps": 8})
    assert painted(longer, Kept(state.state, state.plan))[-1].step == 8


def _end(painting: Any) -> Kept:
    while True:
        try:
            next(painting)
        except StopIteration as end:
            found: Kept = end.value
            return found


def test_woven_equals_alone(networks: tiny.Options) -> None:
    fields: dict[str, Any] = {"generator": "stack", "steps": 4, "coarse": 0.5, "size": "64x48", "optimiser": "sgd", "rate": 3.0}
    dreams = [tiny.dream(networks, text, seed=i, **fields) for i, text in enumerate(("a red fox", "a castle", "stone"))]
    woven = [frame for frame in frames(dreams, device="cpu") if frame.final]
    for dream, frame in zip(dreams, woven, strict=True):
        assert (painted(dream)[-1].pixels.int() - frame.pixels.int()).abs().max() <= 1


def test_none_is_painted_as_before(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, size="64x48")
    assert not coarse.smaller([dream], engine([dream], PLAN).generator, None)
    tiny_share = dream.model_copy(update={"coarse": 0.1})  # of three steps none
    assert torch.equal(painted(tiny_share)[-1].pixels, painted(dream)[-1].pixels)


def test_sizes_that_codes_cannot_paint_are_rounded(networks: tiny.Options) -> None:
    made = engine([tiny.dream(networks, generator="vqgan", size="66x50")], PLAN).generator
    assert coarse.halved(Dream("a fox", size="66x50"), made).size == (32, 32)
    assert coarse.halved(Dream("a fox", size="64x48"), made).size == (32, 24)


def test_what_cannot_be_carried_is_told(networks: tiny.Options) -> None:
    class Fixed:
        rate = 1.0

    with pytest.raises(BadRequest, match="stack cannot carry that to another size"):
        coarse.smaller([Dream("a fox", coarse=0.5)], Fixed(), None)  # type: ignore[arg-type]
    with pytest.raises(BadRequest, match="vqgan cannot paint"):
        painted(tiny.dream(networks, generator="vqgan", size=4, coarse=0.5))
    for change in ({"tile": "both"}, {"transparent": True}, {"init_weight": 1.0}):
        with pytest.raises(BadRequest, match="--coarse paints at another size first"):
            painted(tiny.dream(networks, coarse=0.5, **change))
