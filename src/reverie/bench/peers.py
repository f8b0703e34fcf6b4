"""Each peer beside Reverie's preset of the same work: the same machine, networks and sizes, in turn, in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from statistics import median
from types import MappingProxyType
from typing import Any

from reverie.bench.ledger import Ledger
from reverie.bench.process import ask
from reverie.bench.rivals import CHECKOUTS, Rivals, Work
from reverie.bench.tables import aligned
from reverie.bench.venv import Venv, venv
from reverie.errors import Failed
from reverie.paths import cache_dir

Say = Callable[[str], None]
# Only the peers' environment is looked into, and nothing is left in people's checkouts.
CLEAN: Mapping[str, str] = MappingProxyType({"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"})


@dataclass(frozen=True)
class Row:
    """One work's figures, or ``why`` there are none.

    Rates are steps of a picture per second, so those of a batch count once for each of its pictures; ``ratio`` is the
    median of the turns' ratios, ours over theirs. Pictures are per hour, by the preset's steps. Memory is the peak in MB: of
    the process on a CPU, of torch's tensors on CUDA.
    """

    work: str
    about: str
    peer: str
    device: str
    side: int
    batch: int
    threads: int = 0
    turns: int = 0
    ratio: float | None = None
    ratios: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    """the peer's and ours"""
    pictures: tuple[float, ...] = ()
    memory: tuple[float, ...] = ()
    why: str = ""


def peers(asked: Rivals, say: Say) -> dict[str, Any]:
    """The machine and a row for each work, those that this machine cannot do too."""
    from reverie.bench.machine import machine
    from reverie.plan import pick_device

    place = pick_device(asked.device).type
    place = place if place == "cuda" else "cpu"  # no peer knows another
    asked = replace(asked, steps=asked.steps or (30 if place == "cuda" else 3))
    sides = Sides(asked, place, say)
    ledger = Ledger(asked.keep)
    rows = [row(work, asked, place, ledger, sides) for work in asked.works]
    return {**machine(place), "rows": [asdict(one) for one in rows]}


def row(work: Work, asked: Rivals, device: str, ledger: Ledger, sides: Sides) -> Row:
    """One work: the peer's turn, then ours, and again."""
    blank = Row(work.name, work.about(asked.size), work.peer, device, asked.size or work.side, work.batch)
    why = refused(work, asked, device)
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for turn in range(0 if why else asked.turns):
        key = {"work": work.name, "side": blank.side, "steps": asked.steps, "device": device, "turn": turn}
        try:
            found = []
            for who, side in (("peer", sides.theirs), ("ours", sides.ours)):
                sides.say(f"{work.name}, turn {turn + 1} of {asked.turns}: {work.peer if who == 'peer' else 'Reverie'} ...")
                found.append(ledger.once({**key, "who": who}, partial(side, work)))
            pairs.append((found[0], found[1]))
        except Failed as error:
            why = str(error)
            break
    return summed(blank, work, pairs) if pairs else replace(blank, why=why)


def refused(work: Work, asked: Rivals, device: str) -> str:
    """Why a work is not even tried here."""
    if device not in work.devices:
        return f"needs {' or '.join(work.devices)}, this is {device}"
    if work.peer == "vqgan-clip" and not asked.checkouts():
        return f"needs {', '.join(f'--{name} PATH ({whose})' for name, (_, whose) in CHECKOUTS.items())}"
    return ""


def summed(blank: Row, work: Work, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> Row:
    """Medians over turns, of each turn's median step."""
    theirs = [1 / median(peer["seconds"]) for peer, _ in pairs]
    ours = [work.batch / median(own["seconds"]) for _, own in pairs]
    ratios = tuple(own / peer for peer, own in zip(theirs, ours, strict=True))
    rates = (median(theirs), median(ours))
    return replace(
        blank, threads=pairs[0][1]["threads"], turns=len(pairs), ratio=median(ratios), ratios=ratios, rates=rates,
        pictures=tuple(3600 * rate / work.steps for rate in rates),
        memory=tuple(max(pair[side]["memory"] for pair in pairs) for side in (0, 1)),
    )  # fmt: skip


class Sides:
    """Both sides of a comparison; what they need is made when the first turn comes."""

    def __init__(self, asked: Rivals, device: str, say: Say) -> None:
        self.asked, self.device, self.say = asked, device, say
        # A device that is hidden cannot be taken by a program that takes what it finds.
        self.hidden = {} if device == "cuda" else {"CUDA_VISIBLE_DEVICES": ""}
        self.venv: Venv | None = None

    def theirs(self, work: Work) -> dict[str, Any]:
        """The peer's turn; raises ``Failed`` with the reason where it cannot have one."""
        files = self.files(work)
        told = {
            "peer": work.peer, "side": self.asked.size or work.side, "views": work.views, "group": work.group, "files": files,
            "folders": self.asked.checkouts(), "steps": self.asked.steps, "device": self.device,
        }  # fmt: skip
        with named(work.peer):
            return ask("reverie.bench.guest", told, str(self.own.python), {**self.hidden, **CLEAN})

    def ours(self, work: Work) -> dict[str, Any]:
        dreams = [dream.model_dump(mode="json") for dream in work.dreams(self.files(work), self.asked.size)]
        with named("Reverie"):
            return ask("reverie.bench.laps", {"dreams": dreams, "steps": self.asked.steps, "device": self.device}, environment=self.hidden)

    @property
    def own(self) -> Venv:
        """The peers' environment."""
        self.venv = self.venv or venv(self.device == "cuda", self.say)
        return self.venv

    def files(self, work: Work) -> dict[str, str]:
        """The networks, made once."""
        from reverie.bench import chance

        folder = cache_dir() / "peers"
        found = {"clip": chance.clip(folder / "vit-b-32.pt"), "merges": self.own.merges}
        if work.peer == "vqgan-clip":
            found["vqgan"] = chance.vqgan(folder / "vqgan-f16-1024.ckpt")
            found["config"] = found["vqgan"].with_suffix(".yaml")
        if work.peer == "big-sleep":
            found["biggan"] = chance.biggan(folder / "biggan-deep-512.safetensors")
        return {name: str(path) for name, path in found.items()}


@contextmanager
def named(who: str) -> Iterator[None]:
    """Failures say whose they are."""
    try:
        yield
    except Failed as error:
        raise Failed(f"{who}: {error}") from error


def table(found: Mapping[str, Any]) -> str:
    """The figures as aligned text, and below them why some are not there."""
    heads = ("work", "peer", "device", "batch", "turns", "its steps/s", "ours", "ratio", "its pictures/h", "ours", "its peak MB", "ours")
    lines = []
    for one in found["rows"]:
        head = (one["work"], one["peer"], one["device"], str(one["batch"]), str(one["turns"]))
        if one["ratio"] is None:
            lines.append((*head, *["-"] * 7))
            continue
        rates, pictures, memory = ([f"{value:{form}}" for value in one[name]] for name, form in
                                   (("rates", ".3g"), ("pictures", ".3g"), ("memory", ".0f")))  # fmt: skip
        lines.append((*head, *rates, f"{one['ratio']:.2f}", *pictures, *memory))
    missing = [f"{one['work']} ({one['about']}) is not measured: {one['why']}" for one in found["rows"] if one["ratio"] is None]
    return "\n".join([aligned(heads, lines), *missing])
