"""The loop: decode, look, score, step, project, show. It knows no names, no files and no screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from reverie.course import Course
from reverie.curve import Curve
from reverie.errors import Failed
from reverie.guard import snapshot, sound, undo
from reverie.memory import is_short, let_go
from reverie.step import Engine, Score, decode, differentiate
from reverie.transfer import fetched
from reverie.types import Latent
from reverie.watch import Watch, rows


@dataclass(frozen=True)
class Shown:
    """Every dream's picture at one step. ``pixels`` uint8 [B,H,W,3 or 4] on the CPU; ``losses`` weighted terms [B].

    ``undone`` [B] counts the poisoned steps taken back so far; ``whole`` [B] tells which rows are fit to be shown; ``had`` [B] how
    many steps each picture has had; ``scores`` [B] how sure the judge was last, NaN where it said nothing. The final pictures
    come with their ``curves``, and ``ended`` tells whether they were painted to the end, not stopped from outside.
    """

    step: int
    pixels: Tensor
    losses: Mapping[str, Tensor]
    undone: Tensor
    whole: Tensor
    had: Tensor
    scores: Tensor
    final: bool = False
    ended: bool = False
    curves: Sequence[Curve] = ()


Coming = Callable[[], Shown] | None


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

    Step s shows the picture after s steps. Poisoned steps (NaN, Inf) are taken back per dream, and so is every step of
    a dream that has stopped by the watch's rules. Stopping early ends with the pictures so far; the final ones are
    decoded from the slow average of the latent where ``ema`` > 0. ``after`` is shown the course after every step, when
    it could be left and gone on with.
    """
    taken = _taken(engine, course, steps, ema, wants, should_stop, after)
    return _one_behind(taken) if course.undone.device.type == "cuda" else (shown() for shown in taken if shown)


def _one_behind(taken: Iterator[Coming]) -> Iterator[Shown]:
    """Each step's pictures once the next step is on its way, so that the device has work while the CPU waits for them."""
    coming: Coming = None
    try:
        for following in taken:
            if coming:
                yield coming()
            coming = following
    except (Exception, KeyboardInterrupt):
        if coming:
            yield coming()  # a step that breaks takes no picture with it
        raise
    if coming:
        yield coming()


def _taken(
    engine: Engine,
    course: Course,
    steps: int,
    ema: float,
    wants: Callable[[int], bool],
    should_stop: Callable[[], bool],
    after: Callable[[Course], None],
) -> Iterator[Coming]:
    """Step after step, and what waits for its pictures if they are wanted; at last the final ones."""
    latent, optimiser, watch = course.latent, course.optimiser, course.watch
    every = watch.rules.every(steps)
    while course.taken < steps and not watch.over() and not should_stop():
        step, was = course.taken, watch.moving
        if engine.anchor and engine.anchor.renews(step):
            optimiser.state.clear()
        before = snapshot(latent.parts, optimiser)
        optimiser.zero_grad(set_to_none=True)
        engine, score = _scored(engine, course, step / steps)
        fine = sound(latent.parts, score.loss)
        watch.see(step, score.images, score.loss, course.slow or latent.parts, noted=step % every == 0)
        optimiser.step()
        with torch.no_grad():
            engine.generator.project(latent)
        fine = fine & sound(latent.parts, score.loss)
        undo(latent.parts, optimiser, before, fine & watch.moving)
        course.undone += was & ~fine
        if ema:
            _follow(course.slow, latent.parts, ema, step, watch.moving)
        course.terms = {name: torch.where(fine & was, term, course.terms.get(name, term)) for name, term in score.terms.items()}
        course.taken += 1
        yield _shown(step, score, course, fine) if wants(step) else None
        after(course)
    yield lambda: _last(engine, course, steps)


def _scored(engine: Engine, course: Course, progress: float) -> tuple[Engine, Score]:
    """The step's score and gradient; as often as memory does not suffice for it, once more from its beginning with less at once."""
    while True:
        try:
            return engine, differentiate(engine, course.latent, course.taken, progress)
        except RuntimeError as error:
            if not is_short(error):
                raise
            smaller = engine.halved()
            if smaller is None:
                raise Failed(
                    "Memory does not suffice even for one dream and one view at a time: paint a smaller --size, or with --device cpu."
                ) from error
        course.optimiser.zero_grad(set_to_none=True)
        engine.recorder.forget()
        let_go(course.undone.device)
        engine, course.portions = smaller, smaller.portions


def _last(engine: Engine, course: Course, steps: int) -> Shown:
    """The final pictures, with what was seen on the way; the course stays as it is, to be gone on with."""
    watch, _, images = final(engine, course)
    ended = course.taken >= steps or watch.over()
    whole = torch.ones_like(course.undone, dtype=torch.bool)
    return replace(_shown(course.taken, Score(images, course.terms), course, whole)(), had=watch.had(course.taken).cpu(),
                   scores=watch.latest.cpu(), final=True, ended=ended, curves=watch.curves())  # fmt: skip


@torch.no_grad()
def final(engine: Engine, course: Course) -> tuple[Watch, Latent, Tensor]:
    """The final pictures [B,3,H,W] and their latents, of slow averages or the best on the way, with these seen as well."""
    watch, latent = course.watch, replace(course.latent, parts=course.slow or course.latent.parts)
    images = decode(engine, latent)
    if course.terms:
        watch = watch.ended(course.taken, images, Score(images, course.terms).loss, latent.parts)
    if watch.rules.keep_best:
        latent = replace(latent, parts=watch.chosen(latent.parts))
        images = decode(engine, latent)
    return watch, latent, images


@torch.no_grad()
def _follow(slow: tuple[Tensor, ...], parts: tuple[Tensor, ...], decay: float, step: int, moving: Tensor) -> None:
    """Move the slow average, of which the start is the first value, corrected for being young as Adam's means are."""
    share = (1 - decay) / (1 - decay ** (step + 2))
    for average, part in zip(slow, parts, strict=True):
        average.copy_(torch.where(rows(moving, part), average.lerp(part, share), average))


def _shown(step: int, score: Score, course: Course, fine: Tensor) -> Callable[[], Shown]:
    """A copy on the CPU, once it is there: uint8 pixels rounded to nearest. Rows that are not ``fine``, or not finite, are not whole."""
    images = score.images.detach()
    whole = fine & images.isfinite().flatten(1).all(1)
    pixels = (images.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    names, had = list(score.terms), torch.full((len(fine),), step)
    arrived = fetched((pixels.contiguous(), course.undone.clone(), whole, course.watch.latest, *score.terms.values()))

    def shown() -> Shown:
        pixels, undone, whole, latest, *terms = arrived()
        return Shown(step, pixels, dict(zip(names, terms, strict=True)), undone, whole, had, latest)

    return shown
