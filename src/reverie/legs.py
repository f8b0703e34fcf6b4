"""A painting's renders: one, or where a camera moves one after another; each held to where it began, where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from torch import Tensor

from reverie.anchors import Anchor
from reverie.begin import again, init_options, optimiser_of, origin_of
from reverie.camera import Camera
from reverie.course import Course
from reverie.dream import Dream
from reverie.motion.zooming import zooming
from reverie.objectives import near
from reverie.plan import Plan
from reverie.render import Shown, render
from reverie.step import Engine

if TYPE_CHECKING:
    from PIL.Image import Image


def painted(
    made: Engine,
    course: Course,
    dream: Dream,
    plan: Plan,
    wants: Callable[[int], bool],
    should_stop: Callable[[], bool],
    after: Callable[[Course], None],
) -> Iterator[Shown]:
    """The pictures of dreams like ``dream`` from where the course is, as ``render`` gives them."""
    camera = Camera.of(dream)

    def leg(engine: Engine, wants: Callable[[int], bool], over: Callable[[], bool]) -> Iterator[Shown]:
        return render(engine, course, dream.steps, dream.ema, wants, over, after)

    def begun(pictures: Sequence[Image]) -> Engine:
        latent = again(made, pictures, plan)
        course.renew(latent, optimiser_of(made, dream, latent), origin_of(made, dream, latent))
        return _holding(made.within(course.portions or made.portions), dream, course.origin)

    first = _holding(made, dream, course.origin)
    return zooming(leg, first, course, camera, begun, wants, should_stop) if camera else leg(first, wants, should_stop)


def _holding(made: Engine, dream: Dream, origin: Tensor | None) -> Engine:
    if origin is None:
        return made
    options = init_options(dream)
    if options.rule == "picture":
        return replace(made, objectives={**made.objectives, "init": near(origin, dream.init_weight)})
    return replace(made, anchor=Anchor(origin, dream.init_weight, options))
