"""What every training shares: the schedule, slow weights, atomic checkpoints and a line of progress.

Imports only torch and the standard library, so that it runs on a bare machine.
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Pace:
    """How long to train and how often to save; ``minutes`` ends a session early, resumable."""

    steps: int
    batch: int
    rate: float
    warmup: int = 500
    save_every: float = 120.0  # seconds
    minutes: float = math.inf


def rate_at(step: int, pace: Pace) -> float:
    """Linear warm-up, then a cosine to 2 % of the peak."""
    if step < pace.warmup:
        return pace.rate * (step + 1) / pace.warmup
    done = (step - pace.warmup) / max(1, pace.steps - pace.warmup)
    return pace.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


class Slow:
    """A slow average of a network's weights and buffers."""

    def __init__(self, network: nn.Module, decay: float = 0.999) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for slow, now in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if slow.is_floating_point():
                slow.lerp_(now.to(slow.dtype), 1 - decay)
            else:
                slow.copy_(now)


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write beside, sync, then rename: a kill leaves the old checkpoint or the new one, never half of one."""
    beside = path.with_suffix(".partial")
    with beside.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def run(
    pace: Pace,
    folder: Path,
    parts: dict[str, Any],
    step: Callable[[int], dict[str, float]],
    sample: Callable[[Path, int], None] | None = None,
) -> int:
    """Train: call ``step`` with its number until done or out of time; gives the number of steps taken in all.

    ``parts`` are the things with ``state_dict`` that make up the state (networks, optimisers). They are restored
    from ``folder/last.pt`` when that exists, so a killed training goes on where it was; steps draw from their
    number alone, so what follows is what would have followed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / "last.pt"
    done = _restore(last, parts) if last.exists() else 0
    began = saved = time.monotonic()
    first, counted = done, 0
    sums: dict[str, float] = {}
    while done < pace.steps and time.monotonic() - began < pace.minutes * 60:
        figures = step(done)
        done, counted = done + 1, counted + 1
        sums = {name: sums.get(name, 0.0) + value for name, value in figures.items()}
        if done % 50 == 0:
            speed = (done - first) * pace.batch / (time.monotonic() - began)
            means = {name: round(value / counted, 4) for name, value in sums.items()}
            left = (pace.steps - done) * pace.batch / speed / 60
            line = {"step": done, **means, "per_second": round(speed, 1), "minutes_left": round(left, 1)}
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)
            sums, counted = {}, 0
        if time.monotonic() - saved > pace.save_every or done == pace.steps:
            save_checkpoint(last, {"step": done, **{name: part.state_dict() for name, part in parts.items()}})
            if sample is not None:
                sample(folder, done)
            saved = time.monotonic()
    save_checkpoint(last, {"step": done, **{name: part.state_dict() for name, part in parts.items()}})
    return done


def _restore(path: Path, parts: dict[str, Any]) -> int:
    content = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(content[name])
    done: int = content["step"]
    return done


def autocast(device: torch.device, enabled: bool = True) -> torch.autocast:
    """bf16 for convolutions and products; everything that must not lose digits is cast back by its owner."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)


def unit(x: Tensor) -> Tensor:
    """Each sample of [N,...] scaled to L2 norm 1."""
    return x / x.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, *([1] * (x.dim() - 1)))
