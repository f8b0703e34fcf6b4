"""A clock that is looked at between steps, so that what a step costs is known without changing it."""

from __future__ import annotations

import time
from itertools import pairwise


def warm_up(device: str) -> int:
    """How many steps choose kernels, fill caches and record graphs before one counts."""
    return 5 if device.startswith("cuda") else 1


class Clock:
    """Ticks before the first step and after each; ``enough`` once so many steps were counted after the warm-up.

    ``limit``: seconds; a step that takes longer is the last. CUDA's queue is emptied before every look at the time.
    """

    def __init__(self, steps: int, warm: int = 1, limit: float = float("inf")) -> None:
        self.steps, self.warm, self.limit = steps, warm, limit
        self.ticks: list[float] = []

    def tick(self) -> bool:
        """Whether enough was seen."""
        import torch

        if torch.cuda.is_available() and torch.cuda.is_initialized():
            torch.cuda.synchronize()
        self.ticks.append(time.perf_counter())
        return self.enough

    @property
    def laps(self) -> list[float]:
        """Seconds of each counted step."""
        return [after - before for before, after in pairwise(self.ticks)][self.warm :]

    @property
    def enough(self) -> bool:
        return len(self.laps) >= self.steps or max(self.laps, default=0.0) > self.limit
