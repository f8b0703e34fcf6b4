"""Who is sooner at a picture that the judge is as sure of: VQGAN-CLIP's way of searching, or Reverie's, with the same networks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from json import dumps
from statistics import median
from typing import Any

from reverie import presets
from reverie.bench.prompts import PROMPTS
from reverie.bench.quality import ORIGINAL
from reverie.build import frames
from reverie.dream import Dream
from reverie.types import Frame


@dataclass(frozen=True)
class Heat:
    """One prompt: how sure the judge was of the original's last picture, 0..1, and the seconds that it took; how sure of ours, and
    the seconds until it was as sure, or until our last step if it never was.
    """

    prompt: str
    score: float
    seconds: float
    ours: float
    ours_seconds: float

    @property
    def share(self) -> float:
        """Our time in parts of the original's; without end where ours never came as far."""
        return self.ours_seconds / self.seconds if self.ours >= self.score else float("inf")


def race(count: int, size: str, steps: int | None = None, device: str = "auto", tell: Callable[[str], None] = print) -> Iterator[Heat]:
    """The first so many of the hundred prompts, at this size; ``steps`` instead of the original's 500. Networks are read beforehand."""
    told = presets.over(presets.fields(ORIGINAL), {"size": size} | ({} if steps is None else {"steps": steps}))
    for fields in ({**told, "steps": 1}, {"generator": told["generator"], "size": size, "steps": 1}):
        _painted(Dream(PROMPTS[0], **fields), device)
    for prompt in PROMPTS[:count]:
        theirs, seconds = _painted(Dream(prompt, **told), device)
        goal = theirs.score or 0.0
        tell(f"{prompt!r}: {ORIGINAL} took {seconds:.1f} s to a picture of which the judge is {100 * goal:.1f} % sure")
        ours, ours_seconds = _painted(Dream(prompt, generator=told["generator"], size=size, stop_at=goal), device)
        yield Heat(prompt, goal, seconds, ours.score or 0.0, ours_seconds)


def _painted(dream: Dream, device: str) -> tuple[Frame, float]:
    began = time.perf_counter()
    *_, final = frames([dream], wants=lambda step, steps: False, device=device)
    return final, time.perf_counter() - began


def as_json(heats: Sequence[Heat]) -> str:
    """The figures for a program; a share without end is null."""
    rows: list[Mapping[str, Any]] = [asdict(heat) | {"share": heat.share if heat.ours >= heat.score else None} for heat in heats]
    return dumps(rows, allow_nan=False)


def table(heats: Sequence[Heat]) -> str:
    """The figures as text, and the median of shares."""
    lines = [f"{'sure':>7} {'s':>7} {'ours':>7} {'s':>7} {'share':>7}  prompt"]
    for heat in heats:
        lines.append(f"{heat.score:7.1%} {heat.seconds:7.1f} {heat.ours:7.1%} {heat.ours_seconds:7.1f} {heat.share:7.3f}  {heat.prompt}")
    return "\n".join([*lines, f"median share of {ORIGINAL}'s time: {median(heat.share for heat in heats):.3f}"])
