"""What a training is told, and every default of it; no torch here, so that the command line can read it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path

from reverie.errors import BadRequest


def _positive(settings: object, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        if not value > 0:
            raise BadRequest(f"--{name.replace('_', '-')} {value}: must be above 0.")


@dataclass(frozen=True)
class Pace:
    """How long to train and how fast. The learning rate follows from all four."""

    steps: int
    """batches to learn from in all, earlier sittings counted in"""
    batch: int
    """pictures per step"""
    rate: float
    """peak learning rate of Adam"""
    warmup: int
    """steps until the rate is at its peak"""

    def __post_init__(self) -> None:
        _positive(self, *(field.name for field in fields(self)))


@dataclass(frozen=True)
class ClipPace(Pace):
    """What the built-in perceptor is trained with."""

    steps: int = 7000
    batch: int = 128
    rate: float = 2e-3
    warmup: int = 200
    words: int = 700
    """steps for which the text tower is taught alone, before the first picture; none on pictures of one's own"""


@dataclass(frozen=True)
class VqganPace(Pace):
    """What the built-in generator is trained with."""

    steps: int = 3600
    batch: int = 16
    rate: float = 6e-4
    warmup: int = 100


@dataclass(frozen=True)
class SketchPace(Pace):
    """What the built-in sketch is trained with."""

    steps: int = 3000
    batch: int = 96
    rate: float = 2e-3
    warmup: int = 100


@dataclass(frozen=True)
class JudgePace(Pace):
    """What the recogniser that never guides is trained with."""

    steps: int = 5400
    batch: int = 128
    rate: float = 2e-3
    warmup: int = 200


@dataclass(frozen=True)
class CodesPace(Pace):
    """What the code transformer is trained with."""

    steps: int = 2400
    batch: int = 64
    rate: float = 2e-3
    warmup: int = 100


@dataclass(frozen=True)
class BigganPace(Pace):
    """What the built-in BigGAN is trained with."""

    steps: int = 4500
    batch: int = 48
    rate: float = 1e-3
    warmup: int = 100


@dataclass(frozen=True)
class ProganPace(Pace):
    """What the built-in ProGAN is trained with."""

    steps: int = 6000
    batch: int = 32
    rate: float = 8e-3
    """peak learning rate of Adam; high, since equalised layers start with weights around 1"""
    warmup: int = 100


@dataclass(frozen=True)
class Robust:
    """How strong the attack is that the perceptor learns to stand."""

    radius: float = 0.7
    """L2 of the attack over a 64x64 view in 0..1; 0 trains a clean tower, whose gradients do not draw"""
    warm: float = 0.25
    """share of the training after which the attack has its full radius"""
    replays: int = 2
    """attacks (and steps of the weights) per batch"""

    def __post_init__(self) -> None:
        _positive(self, "replays")
        if not (self.radius >= 0 and 0 <= self.warm <= 1):
            raise BadRequest(f"--radius {self.radius} --warm {self.warm}: the radius is 0 or above, and warm between 0 and 1.")

    def asked(self, robust: bool | None) -> Robust:
        """This attack, or none where ``robust`` is False; raises ``BadRequest`` where the radius says otherwise."""
        if robust and self.radius == 0:
            raise BadRequest("--robust --radius 0: a radius of 0 is no attack. Leave one of them out.")
        if robust is False and self.radius not in (0, Robust.radius):
            raise BadRequest(f"--no-robust --radius {self.radius}: a clean perceptor is not attacked. Leave one of them out.")
        return replace(self, radius=0.0) if robust is False else self

    def radius_at(self, step: int, steps: int) -> float:
        """It grows from 0, since a tower that has seen nothing yet learns nothing under attack."""
        return self.radius * min(1.0, step / max(1, steps * self.warm))


@dataclass(frozen=True)
class Sitting:
    """One sitting of a training: where, and for how long. None of it decides what comes out at the end."""

    data: Path | None = None
    """pictures with captions (not for judge), or what `reverie train data` wrote; that, in Reverie's cache, by default"""
    out: Path | None = None
    """folder of checkpoint, log and weights, where an earlier sitting is gone on with; in Reverie's cache by default"""
    minutes: float = math.inf
    """stop after so many minutes; the same command goes on later"""
    save_every: float = 120.0
    """seconds between checkpoints"""
    threads: int | None = None
    """threads for torch"""
    workers: int = 0
    """threads that compose scenes ahead of the training"""
    device: str = "cpu"
    """cpu, cuda or cuda:1"""

    def __post_init__(self) -> None:
        _positive(self, "minutes", *(("threads",) if self.threads is not None else ()))
        if self.workers < 0:
            raise BadRequest(f"--workers {self.workers}: must be 0 or above.")
