"""Many seeds tried small or short, and the best of them painted: the judge, who never guides, chooses.

Small pictures that are painted to their end tell much of how the large ones end, beginnings hardly anything: of eight
seeds the judge found the best of a third of the steps 0.70 good in the end, the best small ones 0.72, all of them 0.69
(ten prompts, from sketches; the best of all 0.72). From chance, where seeds differ more, a third of the steps is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from reverie.dream import NOISES, Dream
from reverie.errors import BadRequest, Failed

if TYPE_CHECKING:
    import torch

SHORT = 1 / 3  # of the steps, where a dream cannot be tried small
SMALL = 0.5  # of the time, which a quarter of the pixels takes: as many views are looked at
BATCH = 16  # dreams tried together
SEEDS = 2**63

Scores = Mapping[int, float]  # by seed, how sure the judge was, 0 to 1


def groups(dreams: Sequence[Dream], count: int) -> list[list[int]]:
    """The places of dreams that differ in nothing but the seed; raises ``BadRequest`` where more are wanted than are tried."""
    found: dict[str, list[int]] = {}
    for place, dream in enumerate(dreams):
        found.setdefault(dream.model_dump_json(exclude={"seed"}), []).append(place)
    most = max(map(len, found.values()))
    if most > count:
        raise BadRequest(f"--best-of {count} has no {most} best ones: try at least as many seeds as the pictures that --batch asks for.")
    return list(found.values())


def cost(dreams: Sequence[Dream], count: int) -> float:
    """How long the search takes, about, in parts of the time that painting takes."""
    return len(groups(dreams, count)) * count / len(dreams) * (SMALL if _shapely(dreams[0]) else SHORT)


def best(
    dreams: Sequence[Dream], count: int, device: str = "auto", should_stop: Callable[[], bool] = lambda: False
) -> tuple[list[Dream], list[Scores]]:
    """The dreams with the best of ``count`` seeds, from the first one's up, the best first; and what the judge thought of each subject's.

    Raises ``BadRequest`` where there is no judge, or none who knows the words. Stopped, the dreams come back as they are.
    """
    from reverie.plan import pick_device

    found, scores = list(dreams), list[Scores]()
    for places in groups(dreams, count):
        mine = _scored(_candidates(dreams[places[0]], count, pick_device(device)), device, should_stop)
        if should_stop():
            return list(dreams), []
        order = sorted(mine, key=lambda seed: -mine[seed])  # the first among equals stays the first
        for place, seed in zip(places, order, strict=False):
            found[place] = dreams[place].model_copy(update={"seed": seed})
        scores.append(mine)
    return found, scores


def _candidates(dream: Dream, count: int, device: torch.device) -> list[Dream]:
    asked = dream.model_copy(update={"coarse": 0.0, "stop_at": 1.0})  # which asks for a judge, and hardly ever stops
    brief = _brief(asked, device)
    return [brief.model_copy(update={"seed": (dream.seed + number) % SEEDS}) for number in range(count)]


def _brief(dream: Dream, device: torch.device) -> Dream:
    """Small to its end, or where that cannot be, the beginning."""
    from reverie.build import halved

    if _shapely(dream):
        with suppress(BadRequest):  # some sizes have no half
            return halved(dream, device)
    return dream.model_copy(update={"steps": max(1, round(dream.steps * SHORT))})


def _shapely(dream: Dream) -> bool:
    """Whether a seed begins with the same shapes at every size; chance is another at another size."""
    return dream.init not in ("random", *NOISES)


def _scored(dreams: Sequence[Dream], device: str, should_stop: Callable[[], bool]) -> Scores:
    from reverie.build import frames

    found = {dream.seed: 0.0 for dream in dreams}  # also of one whose picture is not finite
    for at in range(0, len(dreams), BATCH):
        with suppress(Failed):
            for frame in frames(dreams[at : at + BATCH], wants=lambda step, steps: False, should_stop=should_stop, device=device):
                if frame.final:
                    found[frame.dream.seed] = frame.score or 0.0
    return found
