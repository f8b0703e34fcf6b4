"""What a step of dreams costs, timed in this process; ``python -m reverie.bench.laps`` is that process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reverie.bench.clock import Clock, warm_up
from reverie.bench.process import answer
from reverie.bench.speed import peak_memory
from reverie.dream import Dream
from reverie.errors import Failed


def laps(dreams: Sequence[Dream], clock: Clock, device: str = "auto") -> dict[str, Any]:
    """``seconds`` of each counted step of these dreams in one batch, ``memory`` at its peak in MB: of the process on a CPU, of
    torch's tensors on CUDA; the dreams are left once the clock has seen enough. Raises ``Failed`` where they end before a step counts.
    """
    import torch

    from reverie.build import frames
    from reverie.plan import pick_device

    place = pick_device(device)
    for _ in frames(dreams, wants=lambda step, steps: False, should_stop=clock.tick, device=str(place)):
        pass
    if not clock.laps:
        raise Failed(f"ended after {len(clock.ticks)} steps, before one could be counted")
    return {"seconds": clock.laps, "memory": peak_memory(place), "device": place.type, "threads": torch.get_num_threads()}


def _asked(asked: dict[str, Any]) -> dict[str, Any]:
    dreams = [Dream.model_validate(one) for one in asked["dreams"]]
    return laps(dreams, Clock(asked["steps"], warm_up(asked["device"]), asked.get("limit", float("inf"))), asked["device"])


if __name__ == "__main__":
    answer(_asked)
