"""How fast a dream is painted here, and in how much memory, in each number format.

Every row is measured in a process of its own, so that one's memory is not another's peak and the time to the first
picture holds everything that somebody who waits for it waits for.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from json import dumps
from multiprocessing import get_context
from statistics import median
from typing import TYPE_CHECKING

from reverie.bench.clock import Clock
from reverie.bench.tables import aligned
from reverie.dream import Dream

if TYPE_CHECKING:
    import torch

FORMATS = ("fp32", "bf16")
WARM_UP = 3  # steps that choose kernels and fill caches


@dataclass(frozen=True)
class Row:
    """One number format's figures. ``rate``: the median of steps after the warm-up, in steps per second.

    ``first`` and ``whole`` are seconds until the first picture, imports and networks included, and until the last
    one. ``memory`` is the peak in MB: of the process on a CPU, of torch's tensors on CUDA. ``stages`` are the seconds of a step
    by what they go to, and ``share`` how much of the peak of a matrix product here a step reaches, 0..1.
    """

    precision: str
    device: str
    threads: int
    size: str
    batch: int
    steps: int
    rate: float
    first: float
    whole: float
    memory: float
    stages: dict[str, float]
    share: float

    @property
    def pictures(self) -> float:
        """Per hour."""
        return self.batch * 3600 / self.whole


def speed(dreams: Sequence[Dream], steps: int | None = None, device: str = "auto", precisions: Sequence[str] = FORMATS) -> list[Row]:
    """Paint dreams of one shape together, once per number format, with ``steps`` instead of their own where given."""
    rows = []
    for precision in precisions:
        told: dict[str, object] = {"precision": precision} | ({} if steps is None else {"steps": steps})
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            rows.append(process.submit(measure, [dream.model_copy(update=told) for dream in dreams], device).result())
    return rows


def measure(dreams: Sequence[Dream], device: str = "auto") -> Row:
    """Paint dreams of one shape in this process, whose peak memory so far counts as theirs."""
    began = time.perf_counter()
    import torch

    from reverie.bench.stages import stages
    from reverie.build import frames
    from reverie.plan import resolve

    dream, plan = dreams[0], resolve(dreams[0], device)
    place = plan.device
    clock = Clock(sys.maxsize, warm=0)
    seen = [time.perf_counter() for _ in frames(dreams, wants=lambda step, steps: step == 0, should_stop=clock.tick, device=str(place))]
    laps, memory = clock.laps, peak_memory(place)
    taken = stages(dreams, plan)
    width, height = dream.size
    return Row(
        precision=dream.precision,
        device=place.type,
        threads=torch.get_num_threads(),
        size=f"{width}x{height}",
        batch=len(dreams),
        steps=dream.steps,
        rate=1 / median(laps[WARM_UP:] or laps) if laps else 0.0,
        first=seen[0] - began,
        whole=seen[-1] - began,
        memory=memory,
        stages=taken.seconds,
        share=taken.share,
    )


def peak_memory(place: torch.device) -> float:
    """The most memory that was held so far, in MB: by this process on a CPU, by torch's tensors on CUDA."""
    import resource

    import torch

    if place.type == "cuda":
        return torch.cuda.max_memory_allocated(place) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def as_json(rows: Sequence[Row]) -> str:
    """The figures for a program: a list with an object per number format."""
    return dumps([asdict(row) | {"pictures": row.pictures} for row in rows], allow_nan=False)


def table(rows: Sequence[Row]) -> str:
    """The figures as aligned text, then where a step's time goes."""
    heads = ("precision", "device", "threads", "size", "batch", "steps", "steps/s", "pictures/h", "first s", "whole s", "peak MB")
    lines = [
        (
            *(row.precision, row.device, str(row.threads), row.size, str(row.batch), str(row.steps)),
            *(f"{row.rate:.2f}", f"{row.pictures:.0f}", f"{row.first:.1f}", f"{row.whole:.1f}", f"{row.memory:.0f}"),
        )
        for row in rows
    ]
    stages = ("ms of a step", *(rows[0].stages if rows else ()), "of peak")
    parts = [(row.precision, *(f"{1000 * spent:.1f}" for spent in row.stages.values()), f"{100 * row.share:.0f} %") for row in rows]
    return f"{aligned(heads, lines)}\n\n{aligned(stages, parts)}"
