"""A painting that a camera moves over: painted, moved, encoded anew and painted on. What is between two moves is one render."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from torch import Tensor

from reverie.camera import Camera
from reverie.course import Course
from reverie.render import Shown
from reverie.step import Engine

if TYPE_CHECKING:
    from PIL.Image import Image

Leg = Callable[[Engine, Callable[[int], bool], Callable[[], bool]], Iterator[Shown]]


def zooming(
    leg: Leg,
    engine: Engine,
    course: Course,
    camera: Camera,
    again: Callable[[Sequence[Image]], Engine],
    wants: Callable[[int], bool] = lambda step: True,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Shown]:
    """The pictures of all legs as of one render, whose final ones are the last leg's.

    ``leg(engine, wants, should_stop)`` renders the course on from where it is; ``again`` begins the course anew from pictures, where
    it stands, and gives what to paint them with. The picture of a step at which the camera moves is the one before it moves. At no
    step is the course left between a move and the step after it, so that where it stands says which move comes next.
    """
    moved = False
    while True:
        begun, end = course.taken, camera.due(course.taken + moved)

        def shows(step: int, begun: int = begun, moved: bool = moved) -> bool:
            return step >= begun + moved and wants(step)

        def over(begun: int = begun, moved: bool = moved, end: int = end) -> bool:
            return course.taken >= end or (course.taken >= begun + moved and should_stop())

        for shown in leg(engine, shows, over):
            if not shown.final:
                yield shown
        if shown.ended or course.taken < end or should_stop():
            yield shown
            return
        if wants(course.taken):
            yield replace(shown, final=False, curves=())
        engine, moved = again([camera.moved(_image(row)) for row in shown.pixels]), True


def _image(pixels: Tensor) -> Image:
    from PIL import Image

    return Image.fromarray(pixels.numpy())
