"""How cost grows: from a base dream, its batch, its size or its views are varied, one at a time.

Every row is measured in a process of its own. Going up, a row that takes longer than the limit is the last of its kind, and
so is one that memory does not hold: those above are left out and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from types import MappingProxyType
from typing import Any

from reverie.bench.clock import warm_up
from reverie.bench.ledger import Ledger
from reverie.bench.process import ask
from reverie.bench.tables import aligned
from reverie.dream import Dream
from reverie.errors import BadRequest, Failed, unknown

Say = Callable[[str], None]
LADDERS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"batch": (1, 2, 4, 8, 16, 32, 64), "size": (128, 192, 256, 384, 512, 768, 1024), "views": (8, 16, 32, 64, 128)}
)


@dataclass(frozen=True)
class Row:
    """One point: ``batch`` dreams painted at once. ``seconds``: the median step's; ``pictures`` per hour, by the dream's own steps.

    ``memory``: the peak in MB, of the process on a CPU, of torch's tensors on CUDA. ``why`` there is no figure.
    """

    varied: str
    batch: int
    size: str
    views: int
    threads: int = 0
    seconds: float | None = None
    pictures: float | None = None
    memory: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Climb:
    """``laps`` steps count in each row; one that takes more than ``limit`` seconds is the last of its kind."""

    laps: int = 3
    limit: float = 60.0
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.laps < 1:
            raise BadRequest(f"--laps {self.laps}: must be 1 or above.")
        if not self.limit > 0:
            raise BadRequest(f"--limit {self.limit}: seconds per step, above 0.")


def ladders(given: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """What is varied, from ``size`` or ``size=128,256``; everything where nothing is given."""
    found: dict[str, tuple[int, ...]] = {}
    for one in given or tuple(LADDERS):
        name, equals, values = one.partition("=")
        if name not in LADDERS:
            raise unknown("thing to vary", name, LADDERS)
        numbers = values.split(",") if equals else [str(number) for number in LADDERS[name]]
        if not all(number.strip().isdecimal() and int(number) > 0 for number in numbers):
            raise BadRequest(f"--vary {one}: after the = come whole numbers, as in --vary {name}={','.join(map(str, LADDERS[name][:3]))}.")
        found[name] = tuple(sorted({int(number) for number in numbers}))
    return found


def scale(base: Dream, varied: Mapping[str, Sequence[int]], climb: Climb, ledger: Ledger, say: Say) -> dict[str, Any]:
    """The machine, the base and a row for each rung; the base itself is measured once."""
    from reverie.bench.machine import machine
    from reverie.plan import pick_device

    climb = replace(climb, device=str(pick_device(climb.device)))
    rows = [row for name, values in varied.items() for row in ladder(base, name, values, climb, ledger, say)]
    about = {"prompt": base.prompts[0].text, "generator": base.generator, "perceptors": [sight.name for sight in base.perceptors]}
    return {**machine(climb.device), **about, "steps": base.steps, "rows": [asdict(row) for row in rows]}


def ladder(base: Dream, name: str, values: Sequence[int], climb: Climb, ledger: Ledger, say: Say) -> Iterator[Row]:
    """The rows of one thing varied, upwards."""
    why = ""
    for value in values:
        batch = value if name == "batch" else 1
        dream = base if name == "batch" else Dream.model_validate({**dict(base), name: value})
        row = Row(name, batch, f"{dream.width}x{dream.height}", dream.views)
        if why:
            yield replace(row, why=why)
            continue
        say(f"{name} {value} ...")
        try:
            row = measured(row, dream, climb, ledger)
        except Failed as error:
            row = replace(row, why=str(error))
        yield row
        if row.why:
            why = f"left out: at {name} {value} it {row.why}" if "memory" in row.why else ""
        elif row.seconds and row.seconds > climb.limit:
            why = f"left out: at {name} {value} a step takes {row.seconds:.3g} s already, more than --limit {climb.limit:g}"


def measured(row: Row, dream: Dream, climb: Climb, ledger: Ledger) -> Row:
    """A row with its figures; raises ``Failed`` where its process gives none."""
    # Short, so that what changes on the way of a painting is passed; the last step has no tick after it.
    short = dream.model_copy(update={"steps": warm_up(climb.device) + climb.laps + 1})
    dreams = [short.model_copy(update={"seed": dream.seed + number}).model_dump(mode="json") for number in range(row.batch)]
    told = {"dreams": dreams, "steps": climb.laps, "limit": climb.limit, "device": climb.device}
    key = {"dream": dreams[0], "batch": row.batch, "laps": climb.laps, "limit": climb.limit, "device": climb.device}
    found = ledger.once(key, lambda: ask("reverie.bench.laps", told))
    seconds = median(found["seconds"])
    pictures = 3600 * row.batch / (seconds * dream.steps) if dream.steps else None
    return replace(row, threads=found["threads"], seconds=seconds, pictures=pictures, memory=found["memory"])


def table(found: Mapping[str, Any]) -> str:
    """The figures as aligned text, and below them why some are not there."""
    heads = ("varied", "batch", "size", "views", "s/step", "s/step and picture", "pictures/h", "peak MB")
    lines = []
    for one in found["rows"]:
        cells = (one["varied"], str(one["batch"]), one["size"], str(one["views"]))
        if one["seconds"] is None:
            lines.append((*cells, *["-"] * 4))
        else:
            each = one["seconds"] / one["batch"]
            hour = "-" if one["pictures"] is None else f"{one['pictures']:.4g}"
            lines.append((*cells, f"{one['seconds']:.3g}", f"{each:.3g}", hour, f"{one['memory']:.0f}"))
    missing = [f"{one['varied']} {one[one['varied']]}: {one['why']}" for one in found["rows"] if one["why"]]
    return "\n".join([aligned(heads, lines), *missing])
