"""Figures of benchmarks as they were left in a folder, and what the project wants of them at least.

speed*.json, race*.json, scale*.json and peers*.json are those of ``reverie bench``, and memory*.json, startup*.json and gpu*.json
those of ``scripts/memory.py``, ``startup.py`` and ``gpu_bench.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

from page import machine

from reverie.bench.rivals import WORKS

NOT_MEASURED = "not measured"
KINDS = ("speed", "race", "scale", "peers", "memory", "startup", "gpu")


@dataclass(frozen=True)
class Figures:
    """One file: whose it is (one of ``KINDS``), the facts about its machine, its rows."""

    name: str
    head: dict[str, Any]
    rows: list[dict[str, Any]]

    @property
    def cuda(self) -> bool:
        return self.head.get("kind") == "cuda" or self.name == "gpu"

    @property
    def where(self) -> str:
        facts = [str(self.head[key]) for key in ("device", "date") if self.head.get(key)]
        versions = [f"{key} {self.head[key]}" for key in ("torch", "python") if self.head.get(key)]
        return ", ".join(facts + versions)


def load(folder: Path) -> list[Figures]:
    """Every file of figures; a bare list was made on this machine, on the file's day, which is written into it for other machines."""
    found = []
    for path in sorted(folder.glob("*.json")):
        name = next((name for name in KINDS if path.name.startswith(name)), None)
        if name is None:
            continue
        said = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(said, list):
            devices = {row.get("device") for row in said}
            said = {"kind": "cuda" if "cuda" in devices else "cpu", "device": machine().rstrip("."), "rows": said}
            said["date"] = date.fromtimestamp(path.stat().st_mtime).isoformat()
            path.write_text(json.dumps(said) + "\n", encoding="utf-8")
        found.append(Figures(name, {key: value for key, value in said.items() if key != "rows"}, said["rows"]))
    return found


# What was reached: a number with the words in which it is told, for every machine on which it was measured.
Reached = list[tuple[float, str]]


def ratio(work: str, kind: str) -> Callable[[list[Figures]], Reached]:
    side = next(one.side for one in WORKS if one.name == work)

    def found(every: list[Figures]) -> Reached:
        rows = [(row, one) for one in every if one.name == "peers" for row in one.rows if row["ratio"]]
        named = [(row["ratio"], one) for row, one in rows if (row["work"], row["device"], row["side"]) == (work, kind, side)]
        return [(value, f"{value:.2f}x ({one.head['device']})") for value, one in named]

    return found


def share_of_peak(every: list[Figures]) -> Reached:
    key = "share of product peak"
    rows = [(row, one) for one in every if one.name == "gpu" and one.head["device"].partition(",")[0] != "CPU" for row in one.rows]
    fitting = [(row, one) for row, one in rows if (row["work"], row["batch"], row["precision"]) == ("f16", 16, "bf16")]
    return [(row[key], f"{row[key]:.0%} ({one.head['device']})") for row, one in fitting]


def batch_of_16(every: list[Figures]) -> Reached:
    found: Reached = []
    for one in every:
        if one.name != "scale" or one.cuda:
            continue
        steps = {row["batch"]: row["seconds"] for row in one.rows if row["varied"] == "batch" and row["size"] == "128x128"}
        if steps.get(1) and steps.get(16):
            value = steps[16] / (16 * steps[1])
            found.append((value, f"{value:.2f}x (steps alone)"))
    return found


def sooner(every: list[Figures]) -> Reached:
    """The median of the prompts' shares; one by which the score was never reached is without end."""
    found: Reached = []
    for one in every:
        if one.name == "race" and one.rows:
            value = median(float("inf") if row["share"] is None else row["share"] for row in one.rows)
            text = f"{value:.3f} of the time" if isfinite(value) else "never as sure"
            found.append((value, f"{text}, median of {len(one.rows)} prompts"))
    return found


@dataclass(frozen=True)
class Wanted:
    """A line of "Numbers to reach"; ``most`` where less is better."""

    work: str
    against: str
    number: float
    text: str
    find: Callable[[list[Figures]], Reached]
    most: bool = False

    def cell(self, every: list[Figures]) -> tuple[str, bool]:
        """What was reached, bold where it is short of what is wanted, and whether any is."""
        found = self.find(every)
        short = [value > self.number if self.most else value < self.number for value, _ in found]
        cells = [f"**{text}**" if bad else text for (_, text), bad in zip(found, short, strict=True)]
        return "; ".join(cells) or NOT_MEASURED, any(short)


def wanted() -> list[Wanted]:
    ships, f16 = "VQGAN-CLIP as it ships", "VQGAN f16 256x256, ViT-B/32, 32 views"
    return [
        Wanted(f"{f16}, batch 1, CPU", f"{ships}, fp32", 2.5, "2.5x steps/s", ratio("vqgan", "cpu")),
        Wanted("the same on a GPU (an H200), batch 1", ships, 5, "5x", ratio("vqgan", "cuda")),
        Wanted("the same, batch 16, pictures per hour", ships, 10, "10x", ratio("vqgan-16", "cuda")),
        Wanted("SIREN 512x512, GPU", "deep-daze as it ships", 4, "4x", ratio("siren-512", "cuda")),
        Wanted("BigGAN 512, GPU", "big-sleep as it ships", 4, "4x", ratio("biggan-512", "cuda")),
        Wanted("SIREN 256x256, 16 layers of 256, 4 views, CPU", "deep-daze as it ships", 2, "2x", ratio("siren-256", "cpu")),
        Wanted("share of measured bf16 matrix peak, GPU, batch 16", "the limit", 0.4, "40 %", share_of_peak),
        Wanted(
            "seconds to the judge's score that VQGAN-CLIP's algorithm reaches in 500 steps (built-in models)",
            "the `vqgan-clip` preset", 0.1, "a tenth", sooner, most=True,
        ),
        Wanted("built-in models, 128x128, a batch of 16, CPU", "16 single runs", 0.8, "at most 0.8x the time", batch_of_16, most=True),
    ]  # fmt: skip
