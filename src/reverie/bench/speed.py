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

from reverie.dream import Dream

FORMATS = ("fp32", "bf16")
WARM_UP = 3  # steps that choose kernels and fill caches


@dataclass(frozen=True)
class Row:
    """One number format's figures. ``rate``: the median of steps after the warm-up, in steps per second.

    ``first`` and ``whole`` are seconds until the first picture, imports and networks included, and until the last
    one. ``memory`` is the peak in MB: of the process on a CPU, of torch's tensors on CUDA.
    """

    precision: str
    device: str
    threads: int
    size: str
    steps: int
    rate: float
    first: float
    whole: float
    memory: float


def speed(dream: Dream, steps: int | None = None, device: str = "auto", precisions: Sequence[str] = FORMATS) -> list[Row]:
    """Paint the dream once per number format, with ``steps`` instead of its own where given."""
    dream = dream.model_copy(update={} if steps is None else {"steps": steps})
    rows = []
    for precision in precisions:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            rows.append(process.submit(measure, dream.model_copy(update={"precision": precision}), device).result())
    return rows


def measure(dream: Dream, device: str = "auto") -> Row:
    """Paint the dream in this process, whose peak memory so far counts as the dream's."""
    began = time.perf_counter()
    import torch

    from reverie.build import frames
    from reverie.plan import pick_device

    place = pick_device(device)
    ticks: list[float] = []

    def tick() -> bool:
        """Asked before every step: a clock that costs no picture."""
        if place.type == "cuda":
            torch.cuda.synchronize(place)
        ticks.append(time.perf_counter())
        return False

    seen = [time.perf_counter() for _ in frames([dream], wants=lambda step, steps: step == 0, should_stop=tick, device=str(place))]
    laps = [after - before for before, after in zip(ticks, ticks[1:], strict=False)]
    rate = 1 / median(laps[WARM_UP:] or laps) if laps else 0.0
    memory = torch.cuda.max_memory_allocated(place) / 1e6 if place.type == "cuda" else peak_memory()
    width, height = dream.size
    return Row(
        precision=dream.precision,
        device=place.type,
        threads=torch.get_num_threads(),
        size=f"{width}x{height}",
        steps=dream.steps,
        rate=rate,
        first=seen[0] - began,
        whole=seen[-1] - began,
        memory=memory,
    )


def peak_memory() -> float:
    """The most memory that this process has held, in MB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def as_json(rows: Sequence[Row]) -> str:
    """The figures for a program: a list with an object per number format."""
    return dumps([asdict(row) for row in rows], allow_nan=False)


def table(rows: Sequence[Row]) -> str:
    """The figures as aligned text."""
    heads = ("precision", "device", "threads", "size", "steps", "steps/s", "first picture s", "whole s", "peak MB")
    lines = [heads] + [
        (
            r.precision,
            r.device,
            str(r.threads),
            r.size,
            str(r.steps),
            f"{r.rate:.2f}",
            f"{r.first:.1f}",
            f"{r.whole:.1f}",
            f"{r.memory:.0f}",
        )
        for r in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
