"""The first steps of a painting at half its size, and how it is carried up from there: with all that its optimiser knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.course import Course
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.optimisers import optimiser
from reverie.render import Shown
from reverie.types import Generator, Growing, Latent

SQUARES = ("exp_avg_sq", "square_avg", "sum")  # what optimisers keep of gradients' squares, by torch's names


def turn(dream: Dream) -> int:
    """After how many steps it is carried up."""
    return round(dream.coarse * dream.steps)


def halved(dream: Dream, generator: Generator) -> Dream:
    """The dream with a quarter of its pixels, or about as many; raises ``BadRequest`` where its generator cannot paint so few."""
    width, height = (-(-side // 2) for side in dream.size)
    try:
        generator.check(height, width)
    except BadRequest:
        width, height = (max(1, round(side / 32)) * 16 for side in dream.size)  # generators of codes paint multiples
        if width > dream.width or height > dream.height:
            raise
        generator.check(height, width)
    return dream.model_copy(update={"size": (width, height)})


def smaller(dreams: Sequence[Dream], generator: Generator, state: Mapping[str, Tensor] | None) -> list[Dream]:
    """The dreams as they are painted first, or as they were in ``state``; none where they have their size already.

    Raises ``BadRequest`` where the generator cannot carry its latent to another size.
    """
    dream = dreams[0]
    if not turn(dream):
        return []
    if not isinstance(generator, Growing):
        raise BadRequest(f"--coarse paints small first, and {dream.generator} cannot carry that to another size: leave --coarse out.")
    width, height = halved(dream, generator).size
    if state is not None:
        height, width = state["size"].tolist() if "size" in state else (dream.height, dream.width)
    return [] if (width, height) == dream.size else [one.model_copy(update={"size": (width, height)}) for one in dreams]


@torch.no_grad()
def carried(course: Course, generator: Generator, dream: Dream) -> Course:
    """The course at the dream's size, from where it is: latent, optimiser, slow average and the best on the way."""
    assert isinstance(generator, Growing)

    def grown(parts: Sequence[Tensor], slopes: bool = False) -> tuple[Tensor, ...]:
        return generator.grown(replace(course.latent, parts=tuple(parts)), dream.height, dream.width, slopes).parts

    latent = Latent(tuple(part.contiguous().requires_grad_() for part in grown(course.latent.parts)), dream.height, dream.width)
    stepper = optimiser(dream.optimiser, latent.parts, course.optimiser.param_groups[0]["lr"])
    kept = [course.optimiser.state.get(part, {}) for part in course.latent.parts]
    for name, value in kept[0].items():
        values = [mine[name] for mine in kept]
        if value.shape != course.latent.parts[0].shape:  # a count of steps
            found = [value.clone() for _ in latent.parts]
        elif name in SQUARES:
            found = [root.square() for root in grown([square.sqrt() for square in values], slopes=True)]
        else:
            found = [slope.contiguous() for slope in grown(values, slopes=True)]
        for part, new in zip(latent.parts, found, strict=True):
            stepper.state[part][name] = new
    watch = copy(course.watch)
    watch.best = grown(watch.best) if watch.best else ()
    slow = grown(course.slow) if course.slow else ()
    return replace(course, latent=latent, optimiser=stepper, slow=slow, watch=watch, portions=None)


def enlarged(shown: Shown, dream: Dream) -> Shown:
    """What is shown of a smaller picture, at the dream's size."""
    pixels = F.interpolate(shown.pixels.permute(0, 3, 1, 2).float(), size=(dream.height, dream.width), mode="bilinear", align_corners=False)
    return replace(shown, pixels=pixels.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous())
