"""Where a step's time goes, and how much of what the machine can multiply is made use of."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

from reverie import begin
from reverie.build import engine
from reverie.course import Course
from reverie.dream import Dream
from reverie.plan import Plan
from reverie.recording import AFTER, Recorder
from reverie.render import render
from reverie.step import Engine, differentiate

STAGES = ("decode", "views", "look", "back", "step")
WARM_UP = 2  # steps that choose kernels and fill caches
SIDE = {"cuda": 8192}  # of the matrices by which the peak is measured; 2048 elsewhere

Part = TypeVar("Part")


@dataclass(frozen=True)
class Stages:
    """Medians over steps, in seconds: ``step`` is the optimiser's, ``back`` the way back with all that is no stage of its own.

    ``flops`` of a step's products and convolutions, ``peak`` those per second of a large product here, ``whole`` the seconds of a
    step that no clock looks into.
    """

    seconds: dict[str, float]
    flops: float
    peak: float
    whole: float

    @property
    def share(self) -> float:
        """How much of the peak a step reaches, 0..1."""
        return self.flops / self.whole / self.peak


@dataclass
class Stopwatch:
    """Seconds by stage of the step at hand; a device that works ahead is waited for."""

    device: torch.device
    seconds: dict[str, float] = field(default_factory=dict)

    def now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def around(self, stage: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            began = self.now()
            found = method(*given, **named)
            self.seconds[stage] = self.seconds.get(stage, 0.0) + self.now() - began
            return found

        return timed

    def watched(self, part: Part, stage: str, *methods: str) -> Part:
        """The same part, whose methods are timed."""
        found, kind = copy.copy(part), type(part)
        around = {name: self.around(stage, getattr(kind, name)) for name in methods if hasattr(kind, name)}
        object.__setattr__(found, "__class__", type(kind.__name__, (kind,), around))  # some parts are frozen
        return found


def stages(dreams: Sequence[Dream], plan: Plan, steps: int = 5) -> Stages:
    """Paint so many steps after the warm-up and take each apart."""
    made = engine(dreams, plan)
    clock = Stopwatch(plan.device)
    latent = begin.start(made, dreams, plan)
    stepper = begin.optimiser_of(made, dreams[0], latent)
    course = Course.begin(latent, stepper)
    moments: dict[str, float] = {}
    stepper.register_step_pre_hook(lambda *_: moments.update(began=clock.now()))
    stepper.register_step_post_hook(lambda *_: clock.seconds.update(step=clock.now() - moments["began"]))
    counted = FlopCounterMode(display=False)
    with counted:
        differentiate(made, latent, 0, 0.0)
    laps: list[dict[str, float]] = []
    began = clock.now()

    def after(course: Course) -> None:
        nonlocal began
        ended = clock.now()
        laps.append({**clock.seconds, "whole": ended - began})
        clock.seconds.clear()
        began = clock.now()

    watched = replace(_watched(made, clock), recorder=Recorder(kind="none"))  # a clock cannot look into what is played
    for _ in render(watched, course, WARM_UP + steps, wants=lambda step: False, after=after):
        pass
    laps = laps[WARM_UP:]
    kept = [_whole(lap) for lap in laps]
    seconds = {name: median(lap[name] for lap in kept) for name in STAGES}
    whole = _undisturbed(made, dreams, plan, steps) if plan.device.type == "cuda" else median(lap["whole"] for lap in laps)
    return Stages(seconds, float(counted.get_total_flops()), peak(plan), whole)


def _undisturbed(made: Engine, dreams: Sequence[Dream], plan: Plan, steps: int) -> float:
    """Seconds of a step where the device works ahead, and plays what it has recorded, while nobody waits for it."""
    latent, clock, first = begin.start(made, dreams, plan), Stopwatch(plan.device), WARM_UP + AFTER + 1
    stamps: list[float] = []
    course = Course.begin(latent, begin.optimiser_of(made, dreams[0], latent))
    for _ in render(
        made, course, first + steps, wants=lambda step: False,
        after=lambda course: stamps.append(clock.now()) if course.taken in (first, first + steps) else None,
    ):  # fmt: skip
        pass
    return (stamps[1] - stamps[0]) / steps


def peak(plan: Plan) -> float:
    """FLOP/s of a large product of matrices in the plan's number format, the best of several."""
    side = SIDE.get(plan.device.type, 2048)
    clock, best = Stopwatch(plan.device), 0.0
    matrix = torch.randn(side, side, device=plan.device, dtype=torch.bfloat16 if plan.bf16 else torch.float32)
    for _ in range(8):
        began = clock.now()
        matrix @ matrix
        best = max(best, 2 * side**3 / (clock.now() - began))
    return best


def _watched(made: Engine, clock: Stopwatch) -> Engine:
    return replace(
        made,
        generator=clock.watched(made.generator, "decode", "__call__", "draw"),
        cutters={name: clock.watched(cutter, "views", "draw", "cut", "disturb") for name, cutter in made.cutters.items()},
        perceptors={name: clock.watched(perceptor, "look", "look") for name, perceptor in made.perceptors.items()},
    )


def _whole(lap: dict[str, float]) -> dict[str, float]:
    """What no stage says of itself goes to the way back, by far the most of it."""
    known = {name: lap.get(name, 0.0) for name in STAGES}
    return known | {"back": lap["whole"] - sum(known.values())}
