"""What words do to pictures: pairs that differ in these words alone, and what judge and guide say of them.

Each is asked of three texts. ``subject``: what was to be painted, without the words; do they help or harm it? ``words``: the words
themselves; is the picture like them? ``whole``: both together, which is what was painted.

Changes are means over pairs with 95 % intervals by Student's t. With three subjects or more their means are the values, so that the
interval speaks of subjects like these; with fewer it is pairs, and it speaks of other seeds of the same subjects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from torch import Tensor

from reverie.craft.asked import Own
from reverie.craft.attach import attach, first_text
from reverie.craft.intervals import Mean
from reverie.dream import Dream

ABOUT = ("subject", "words", "whole")
ENOUGH = 3  # subjects of which an interval can be had


@dataclass(frozen=True)
class Added:
    """Words that are tried: as they were named, and what they add to a prompt."""

    name: str
    words: str


@dataclass(frozen=True)
class Trial:
    """One subject with one seed: the dream without the words, and one with each of them."""

    plain: Dream
    added: tuple[Dream, ...]

    @classmethod
    def of(cls, plain: Dream, tried: Sequence[Added]) -> Trial:
        return cls(plain, tuple(plain.model_copy(update={"prompts": attach(plain.prompts, [one.words])}) for one in tried))

    @property
    def dreams(self) -> tuple[Dream, ...]:
        return (self.plain, *self.added)

    def texts(self, about: str, tried: Sequence[Added]) -> list[str]:
        """For each of the words, the text that pictures with and without them are held against."""
        if about == "words":
            return [one.words for one in tried]
        return [_said(self.plain if about == "subject" else dream) for dream in self.added]


def _said(dream: Dream) -> str:
    return dream.prompts[first_text(dream.prompts)].text


@dataclass(frozen=True)
class Change:
    """What somebody says without and with the words, on average, and by how much it changes."""

    without: float
    with_words: float
    change: Mean


@dataclass(frozen=True)
class Effect:
    """What words did: ``changes`` by who was asked and about what, None for a judge who knows none of the text's words; ``moved`` is
    the mean distance of the pictures of a pair, in levels of 0..255."""

    added: Added
    changes: Mapping[str, Mapping[str, Change | None]]
    moved: float


def effects(trials: Sequence[Trial], tried: Sequence[Added], seeds: int, images: Tensor, asked: Mapping[str, Own]) -> list[Effect]:
    """The effect of each of the words. ``trials`` are subject after subject, ``seeds`` of each; ``images`` [N,3,H,W] in 0..1 are
    their dreams' pictures in order."""
    shots = images.unflatten(0, (len(trials), 1 + len(tried)))
    moved = (shots[:, 1:] - shots[:, :1]).abs().flatten(2).mean((0, 2)) * 255
    said: dict[str, dict[str, list[Change | None]]] = {}
    for about in ABOUT:
        texts = [text for trial in trials for text in trial.texts(about, tried)]
        for who, eye in asked.items():
            after = eye(shots[:, 1:].flatten(0, 1), texts).view(-1, seeds, len(tried))
            before = eye(shots[:, :1].expand_as(shots[:, 1:]).flatten(0, 1), texts).view(-1, seeds, len(tried))
            said.setdefault(who, {})[about] = [_change(before[..., i], after[..., i]) for i in range(len(tried))]
    return [
        Effect(one, {who: {about: found[i] for about, found in mine.items()} for who, mine in said.items()}, moved[i].item())
        for i, one in enumerate(tried)
    ]


def _change(before: Tensor, after: Tensor) -> Change | None:
    """[subjects, seeds] each."""
    without, with_words = before.mean().item(), after.mean().item()
    if not (isfinite(without) and isfinite(with_words)):
        return None
    values = (after - before).mean(1) if len(before) >= ENOUGH else (after - before).flatten()
    return Change(without, with_words, Mean.of(values.tolist()))


def reseeded(images: Tensor, seeds: int) -> float | None:
    """How far apart plain pictures [N,3,H,W] of one subject with neighbouring seeds are, in levels of 0..255; None for one seed."""
    by_subject = images.unflatten(0, (-1, seeds))
    return (by_subject[:, 1:] - by_subject[:, :-1]).abs().mean().item() * 255 if seeds > 1 else None


def as_data(found: Sequence[Effect]) -> list[dict[str, Any]]:
    """For JSON: an object for each of the words."""
    return [
        {
            **asdict(one.added),
            "moved": round(one.moved, 3),
            "changes": {who: {about: _rounded(change) for about, change in mine.items()} for who, mine in one.changes.items()},
        }
        for one in found
    ]


def _rounded(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    mean = change.change
    told = {"without": change.without, "with": change.with_words, "change": mean.mean, "half": mean.half}
    return {name: value if value is None else round(value, 6) for name, value in told.items()} | {"n": mean.count}


def written(change: Change | None) -> str:
    """``+0.031 ±0.012 ↑``: with an arrow where the interval leaves zero out."""
    if change is None:
        return "knows no word"
    mean = change.change
    half = "" if mean.half is None else f" ±{mean.half:.3f}"
    return f"{mean.mean:+.3f}{half} {mean.arrow}".rstrip()


def over(subjects: int, seeds: int) -> str:
    """What intervals are taken over."""
    return f"{subjects} subjects of {seeds} seed{'s' * (seeds > 1)}" if subjects >= ENOUGH else f"{subjects * seeds} pairs"
