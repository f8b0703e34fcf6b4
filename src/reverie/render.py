"""The loop: decode, look, score, step, project, show. It knows no names, no files and no screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

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
    latent: Latent,
    optimiser: torch.optim.Optimizer,
    steps: int,
    ema: float = 0.0,
    wants: Callable[[int], bool] = lambda step: True,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Shown]:
    """Optimise ``latent`` in place and yield the pictures of every wanted step, then the final ones.

    Step s shows the picture after s steps. Poisoned steps (NaN, Inf) are taken back per dream. Stopping early ends with
    the pictures so far; the final ones are decoded from the slow average of the latent where ``ema`` > 0.
    """
    parts = latent.parts
    slow = tuple(part.detach().clone() for part in parts) if ema else ()
    undone = torch.zeros(len(engine.rngs), dtype=torch.long, device=parts[0].device)
    terms: Mapping[str, Tensor] = {}
    taken = 0
    while taken < steps and not should_stop():
        before = snapshot(parts, optimiser)
        optimiser.zero_grad(set_to_none=True)
        score = differentiate(engine, latent, taken, taken / steps)
        fine = sound(parts, score.loss)
        optimiser.step()
        with torch.no_grad():
            engine.generator.project(latent)
        fine = fine & sound(parts, score.loss)
        undo(parts, optimiser, before, fine)
        undone += ~fine
        if ema:
            _follow(slow, parts, ema, taken)
        terms = {name: torch.where(fine, term, terms.get(name, term)) for name, term in score.terms.items()}
        if wants(taken):
            yield _shown(taken, score, undone, fine)
        taken += 1
    best = Latent(slow, latent.height, latent.width) if ema else latent
    with torch.no_grad():
        images = decode(engine, best)
    yield _shown(taken, Score(images, terms), undone, torch.ones_like(undone, dtype=torch.bool), final=True)


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
