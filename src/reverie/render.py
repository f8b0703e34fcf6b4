"""The loop: decode, look, score, step, project, show. It knows no names, no files and no screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from reverie.course import Course
from reverie.guard import snapshot, sound, undo
from reverie.step import Engine, Score, decode, differentiate
from reverie.types import Latent


@dataclass(frozen=True)
class Shown:
    """Every dream's picture at one step. ``pixels`` uint8 [B,H,W,3] on the CPU; ``losses`` weighted terms [B].

    ``undone`` [B] counts the poisoned steps taken back so far; ``whole`` [B] tells which rows are fit to be shown.
    """

    step: int
    pixels: Tensor
    losses: Mapping[str, Tensor]
    undone: Tensor
    whole: Tensor
    final: bool = False


def render(
    engine: Engine,
    course: Course,
    steps: int,
    ema: float = 0.0,
    wants: Callable[[int], bool] = lambda step: True,
    should_stop: Callable[[], bool] = lambda: False,
    after: Callable[[Course], None] = lambda course: None,
) -> Iterator[Shown]:
    """Optimise the course's latent in place and yield the pictures of every wanted step, then the final ones.

    Step s shows the picture after s steps. Poisoned steps (NaN, Inf) are taken back per dream. Stopping early ends with
    the pictures so far; the final ones are decoded from the slow average of the latent where ``ema`` > 0. ``after``
    is shown the course after every step, when it could be left and gone on with.
    """
    latent, optimiser = course.latent, course.optimiser
    while course.taken < steps and not should_stop():
        step = course.taken
        before = snapshot(latent.parts, optimiser)
        optimiser.zero_grad(set_to_none=True)
        score = differentiate(engine, latent, step, step / steps)
        fine = sound(latent.parts, score.loss)
        optimiser.step()
        with torch.no_grad():
            engine.generator.project(latent)
        fine = fine & sound(latent.parts, score.loss)
        undo(latent.parts, optimiser, before, fine)
        course.undone += ~fine
        if ema:
            _follow(course.slow, latent.parts, ema, step)
        course.terms = {name: torch.where(fine, term, course.terms.get(name, term)) for name, term in score.terms.items()}
        course.taken += 1
        if wants(step):
            yield _shown(step, score, course.undone, fine)
        after(course)
    best = Latent(course.slow, latent.height, latent.width) if ema else latent
    with torch.no_grad():
        images = decode(engine, best)
    last = Score(images, course.terms)
    yield _shown(course.taken, last, course.undone, torch.ones_like(course.undone, dtype=torch.bool), final=True)


@torch.no_grad()
def _follow(slow: tuple[Tensor, ...], parts: tuple[Tensor, ...], decay: float, step: int) -> None:
    """Move the slow average; young averages move faster, so that the start is soon forgotten."""
    keep = min(decay, (1 + step) / (10 + step))
    for average, part in zip(slow, parts, strict=True):
        average.lerp_(part, 1 - keep)


def _shown(step: int, score: Score, undone: Tensor, fine: Tensor, final: bool = False) -> Shown:
    """A copy on the CPU: uint8 pixels rounded to nearest. Rows that are not ``fine``, or not finite, are not whole."""
    images = score.images.detach()
    whole = fine & images.isfinite().flatten(1).all(1)
    pixels = (images.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    losses = {name: term.clone().cpu() for name, term in score.terms.items()}
    return Shown(step, pixels.contiguous().cpu(), losses, undone.clone().cpu(), whole.cpu(), final)
