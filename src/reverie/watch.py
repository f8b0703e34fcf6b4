"""Watching a batch on its way: its curves, when a dream has come far enough to stop, and which of its pictures was best.

Nothing here guides. Rows stop for themselves: a dream in a batch ends where it would end alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from reverie.curve import POINTS, Curve
from reverie.grounds import on_white

GAIN = 1e-3  # of the loss: a mean that is lower by less than this part is no lower

_PER_DREAM = ("ends", "window", "before", "best_score", "best_step", "latest")

Judge = Callable[[Tensor], Tensor]  # [B,3,H,W] in 0..1 -> [B], how sure it is of each picture, 0..1 or NaN


@dataclass(frozen=True)
class Rules:
    """When dreams stop before their last step, and which picture each ends with; as the Dream's fields of these names."""

    patience: int = 0
    stop_at: float | None = None
    keep_best: bool = False
    judge: Judge | None = None

    def every(self, steps: int) -> int:
        """Steps from one point of the curves to the next, so that their number has a bound."""
        return max(1, steps // POINTS)


class Watch:
    """What was seen of B dreams so far. ``ends`` [B] is the step at which each stopped by the rules, -1 while it goes on."""

    def __init__(self, rules: Rules, parts: Sequence[Tensor]) -> None:
        count, device = len(parts[0]), parts[0].device
        self.rules = rules
        self.steps: list[int] = []
        self.losses: list[Tensor] = []  # [B] each
        self.scores: list[Tensor] = []
        self.ends = torch.full((count,), -1, device=device)
        self.window = torch.zeros(count, device=device)
        self.before = torch.full((count,), torch.inf, device=device)
        self.best = tuple(part.detach().clone() for part in parts) if rules.keep_best else ()
        self.best_score = torch.full((count,), -1.0, device=device)
        self.best_step = torch.full((count,), -1, device=device)
        self.latest = torch.full((count,), torch.nan, device=device)  # how sure the judge was last
        self._asks = self._over = False

    @property
    def moving(self) -> Tensor:
        """[B]: which dreams go on."""
        return self.ends < 0

    def over(self) -> bool:
        """Whether all have stopped; asks the device only where some may have, since it was asked last."""
        if self._asks and (self.rules.patience or self.rules.stop_at is not None):
            self._asks, self._over = False, not bool(self.moving.any())
        return self._over

    @torch.no_grad()
    def see(self, step: int, images: Tensor, loss: Tensor, parts: Sequence[Tensor], noted: bool) -> None:
        """The pictures [B,3,H,W], losses [B] and latents after ``step`` steps; ``noted``: they are a point of the curves."""
        moving = self.moving
        if noted:
            self._note(step, images, loss, parts, moving)
        patience = self.rules.patience
        if patience and step and step % patience == 0:
            stuck = (self.before - self.window) < GAIN * self.before.abs()
            self._stop(step, stuck & self.before.isfinite())
            self.before = torch.where(moving, self.window, self.before)
            self.window = torch.zeros_like(self.window)
        if patience:
            self.window = self.window + loss / patience

    def ended(self, step: int, images: Tensor, loss: Tensor, parts: Sequence[Tensor]) -> Watch:
        """What is known once the last pictures are seen as well; this watch stays as it is."""
        known = copy(self)
        known._note(step, images, loss, parts, self.moving)
        if self.rules.keep_best:
            known.latest = torch.where(known.best_step >= 0, known.best_score, known.latest)
        return known

    def _note(self, step: int, images: Tensor, loss: Tensor, parts: Sequence[Tensor], moving: Tensor) -> None:
        judge = self.rules.judge
        score = judge(on_white(images.clamp(0, 1))).to(loss.device) if judge else torch.full_like(loss, torch.nan)
        self.steps = [*self.steps, step]  # new lists and tensors, so that a copy of the watch stays as it is
        self.losses = [*self.losses, loss.detach()]
        self.scores = [*self.scores, score]
        self.latest = torch.where(moving & score.isfinite(), score, self.latest)
        if self.rules.keep_best:
            better = moving & (score > self.best_score)
            self.best_score = torch.where(better, score, self.best_score)
            self.best_step = torch.where(better, step, self.best_step)
            self.best = tuple(torch.where(rows(better, part), part, kept) for kept, part in zip(self.best, parts, strict=True))
        if self.rules.stop_at is not None:
            self._stop(step, score >= self.rules.stop_at)

    def _stop(self, step: int, where: Tensor) -> None:
        self.ends, self._asks = torch.where(self.moving & where, step, self.ends), True

    def chosen(self, parts: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The latents of the final pictures: the best where they are kept and the judge knew any of the words, else ``parts``."""
        if not self.rules.keep_best:
            return tuple(parts)
        known = self.best_step >= 0
        return tuple(torch.where(rows(known, part), best, part.detach()) for best, part in zip(self.best, parts, strict=True))

    def had(self, taken: int) -> Tensor:
        """[B]: how many steps each final picture has had, when the batch has taken so many."""
        steps = torch.where(self.moving, taken, self.ends)
        return torch.where(self.best_step >= 0, self.best_step, steps) if self.rules.keep_best else steps

    def curves(self) -> list[Curve]:
        """One for each dream, as far as it went."""
        if not self.steps:
            return [Curve()] * len(self.ends)
        losses, scores = (torch.stack(values).T.tolist() for values in (self.losses, self.scores))
        found = []
        for mine, sure, end in zip(losses, scores, self.ends.tolist(), strict=True):
            last = sum(step <= end for step in self.steps) if end >= 0 else len(self.steps)
            found.append(Curve(tuple(self.steps[:last]), tuple(mine[:last]), tuple(sure[:last])))
        return found

    def reopen(self) -> None:
        """Let dreams go on that had stopped; what was seen stays."""
        self.ends, self.window = torch.full_like(self.ends, -1), torch.zeros_like(self.window)
        self.before = torch.full_like(self.before, torch.inf)
        self._asks = True

    def state(self) -> dict[str, Tensor]:
        """Everything by name, to go on from."""
        found = {name: getattr(self, name) for name in _PER_DREAM}
        found |= {f"best.{i}": part for i, part in enumerate(self.best)}
        if self.steps:
            found |= {"steps": torch.tensor(self.steps), "losses": torch.stack(self.losses), "scores": torch.stack(self.scores)}
        return found

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what ``state`` gave."""
        device, self._asks = self.ends.device, True
        for name in _PER_DREAM:
            setattr(self, name, state[name].to(device).clone())
        self.best = tuple(state.get(f"best.{i}", part).to(device).clone() for i, part in enumerate(self.best))
        if "steps" in state:
            self.steps = [int(step) for step in state["steps"]]
            self.losses, self.scores = (list(state[name].to(device).clone()) for name in ("losses", "scores"))


def rows(flags: Tensor, part: Tensor) -> Tensor:
    """[B] bool shaped to choose among the rows of ``part``."""
    return flags.view(-1, *([1] * (part.dim() - 1)))
