"""Write ``docs/performance.md`` and its plot from the figures of ``reverie bench``.

``python scripts/acceptance/performance.py [FOLDER]`` takes what the commands on the page left in FOLDER (docs/performance
by default): the files that ``reached.py`` names. Any may be absent.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from page import ROOT
from reached import NOT_MEASURED, Figures, load, wanted

FOLDER = ROOT / "docs" / "performance"
PLOT = ROOT / "docs" / "gallery" / "scale.png"
COMMANDS = """```console
reverie bench speed --json > speed.json                  # and with --batch 16, as speed-16.json
reverie bench race --json > race.json
reverie bench scale --size 128 --laps 15 --keep scale.jsonl --json > scale.json
reverie bench peers --vqgan-clip VQGAN-CLIP --taming taming-transformers --clip CLIP --keep peers.jsonl --json > peers.json
python scripts/startup.py > startup.json
python scripts/memory.py > memory.json                   # as root, on Linux
python scripts/gpu_bench.py --out .                      # on a GPU: gpu_bench.json
python scripts/acceptance/performance.py FOLDER          # where these files lie
```"""
HEAD = """# How fast Reverie is

Written by `scripts/acceptance/performance.py` from the figures of `reverie bench`; not by hand. What was not measured says so;
nothing is estimated. What falls short of what is wanted is bold. Peak memory is the process's on a CPU, networks and imports
included, and that of torch's tensors on a GPU.
"""
PEERS = """The same machine, networks, sizes and chance weights; the peer, then Reverie's preset of the same work, and again, in processes
of their own. A rate is steps of a picture per second: a step of a batch of 16 counts 16 times. The ratio is the median of the turns'
ratios. Pictures per hour are by the preset's steps. The peers run as they ship: VQGAN-CLIP's `generate.py` from its first line on,
timed by its own progress bar, deep-daze's and big-sleep's own training step.
"""
RACE = """How sure the judge was of what VQGAN-CLIP's algorithm ended with, and the seconds that it took; how sure of ours and the seconds
until it was as sure, or until our last step. The same built-in networks for both.
"""
SCALE = """From a base dream, one thing is varied at a time; every row is a process of its own.
"""
MEMORY = """VQGAN f16 with ViT-B/32 and 32 views again, in a process of its own: free, and in a control group that ends it where it takes
more. What is allowed is seen before the first step, and layers are then worked out twice instead of being kept.
"""
WORDS = {
    "rate": "steps/s", "first": "first picture s", "whole": "whole s", "memory": "peak MB", "pictures": "pictures/h", "share": "of peak",
}  # fmt: skip
# Kept by hand: what was tried, the figure before and after, and why it stayed out.
TRIED: tuple[str, ...] = (
    "Fewer views early (`--first-views 4`, growing to 8): stack, ten of the hundred prompts, 97 % of the CPU time and 0.650 of the judge "
    "instead of 0.691. Drawing and cutting views is a small part of a step with the built-in guide. It stays an option.",
    "A third of the steps to find the best of eight seeds (`--best-of`): its rank among finished ones agreed by 0.3 only. Painted "
    "small and to the end it is 0.9, so that is what is done.",
    "Half the steps at half the size (`--coarse 0.5`), on stack: 78 % of the CPU time for 0.682 instead of 0.691. Worth it where time is "
    "short, and not the default: the guide's views cost the same at every size, so that it is not four times as fast.",
    "`torch.compile` on a CPU, ViT-B/32 with 8 views on one core: 34 s before the first step, then 1,734 ms instead of 1,776 in fp32; "
    "convolutions and attention in bf16, 595 ms instead of 568.",
    "Weights of ViT-B/32 packed once as oneDNN multiplies them fastest: 1.45 s for 32 views and their way back instead of 1.51, for 350 MB "
    "more and by a private part of torch. Weights kept in bf16 instead of being cast at each step: 2.95 s a step instead of 2.96.",
    "The chain of augmentations in parts of the views, that each stays in the cache; its warps for the drawn views alone; huge pages for "
    "torch (THP_MEM_ALLOC_ENABLE): nothing.",
)


def page(every: list[Figures]) -> str:
    parts = [HEAD, COMMANDS, "", "## Numbers to reach", ""]
    parts += markdown(("work", "against", "at least", "reached"),
                      [(one.work, one.against, one.text, one.cell(every)[0]) for one in wanted()])  # fmt: skip
    parts += ["", "## Beside the peers", "", PEERS, *section(every, "peers", peers)]
    parts += ["## Built-in models", "", *section(every, "speed", speed)]
    parts += ["## Time to the judge's score", "", RACE, *section(every, "race", race)]
    parts += ["## How cost grows", "", SCALE, *section(every, "scale", scale)]
    if any(one.name == "scale" and not one.cuda for one in every):
        parts += ["![seconds per step over batch, size and views](gallery/scale.png)", ""]
    for device in dict.fromkeys(one.head["device"] for one in every if one.cuda):
        here = [one for one in every if one.cuda and one.head["device"] == device]
        parts += [f"## On a GPU: {device}", ""]
        for name, table in (("peers", peers), ("speed", speed), ("race", race), ("scale", scale), ("gpu", gpu)):
            parts += section(here, name, table, cuda=True) if any(one.name == name for one in here) else []
    parts += ["## Start-up", "", *section(every, "startup", startup)]
    parts += ["## Where little memory is allowed", "", MEMORY, *section(every, "memory", memory)]
    parts += ["## Tried, and did not help", ""]
    parts += [f"- {one}" for one in TRIED] or ["Nothing has been written down here yet."]
    return "\n".join(parts).rstrip() + "\n"


def section(every: Iterable[Figures], name: str, table: Callable[[Figures], list[str]], cuda: bool = False) -> list[str]:
    """The tables of one benchmark, a machine each."""
    found = [one for one in every if one.name == name and one.cuda == cuda]
    if not found:
        return [f"{NOT_MEASURED.capitalize()}.", ""]
    return [line for one in found for line in (f"{one.where}.", "", *table(one), "")]


def peers(one: Figures) -> list[str]:
    heads = ("work", "peer", "threads", "turns", "its steps/s", "ours", "ratio", "its pictures/h", "ours", "its peak MB", "ours")
    lines = []
    for row in one.rows:
        if row["ratio"] is None:
            lines.append((row["about"], row["peer"], f"{NOT_MEASURED}: {row['why']}", *[""] * 8))
            continue
        pairs = [told(value) for name in ("pictures", "memory") for value in row[name]]
        lines.append((row["about"], row["peer"], str(row["threads"]), str(row["turns"]),
                      *map(told, row["rates"]), f"{row['ratio']:.2f}", *pairs))  # fmt: skip
    return markdown(heads, lines)


def scale(one: Figures) -> list[str]:
    base = f"Base: {one.head['generator']}, {', '.join(one.head['perceptors'])}, {one.head['steps']} steps a picture."
    heads = ("varied", "batch", "size", "views", "s/step", "s/step and picture", "pictures/h", "peak MB")
    lines = []
    for row in one.rows:
        cells = (row["varied"], str(row["batch"]), row["size"], str(row["views"]))
        if row["seconds"] is None:
            lines.append((*cells, f"{NOT_MEASURED}: {row['why']}", "", "", ""))
        else:
            each = row["seconds"] / row["batch"]
            lines.append((*cells, *map(told, (row["seconds"], each, row["pictures"], row["memory"]))))
    return [base, "", *markdown(heads, lines)]


def speed(one: Figures) -> list[str]:
    """Whatever the benchmark tells of each row, in readers' words where there are any."""
    rows = [flat(row) for row in one.rows]
    heads = list(dict.fromkeys(name for row in rows for name in row))
    return markdown([WORDS.get(name, name) for name in heads], [[told(row.get(name)) for name in heads] for row in rows])


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row in which a step's stages stand beside the rest, in milliseconds."""
    stages = {f"{name} ms": 1000 * spent for name, spent in row.get("stages", {}).items()}
    return {**{name: value for name, value in row.items() if name != "stages"}, **stages}


def race(one: Figures) -> list[str]:
    heads = ("prompt", "judge of the original's", "seconds", "judge of ours", "seconds", "share of the time")
    return markdown(heads, [
        (row["prompt"], f"{row['score']:.1%}", told(row["seconds"]), f"{row['ours']:.1%}", told(row["ours_seconds"]),
         "never as sure" if row["share"] is None else f"{row['share']:.3f}")
        for row in one.rows
    ])  # fmt: skip


def startup(one: Figures) -> list[str]:
    late = [row["at most"] is not None and row["seconds"] > row["at most"] for row in one.rows]
    cells = [f"**{told(row['seconds'])}**" if bad else told(row["seconds"]) for row, bad in zip(one.rows, late, strict=True)]
    return markdown(("cold process", "seconds", "at most"),
                    [(row["what"], cell, told(row["at most"])) for row, cell in zip(one.rows, cells, strict=True)])  # fmt: skip


def memory(one: Figures) -> list[str]:
    heads = ("size", "allowed", "s/step", "peak MB of the process")
    allowed = [f"{row['allowed GB']} GB" if row["allowed GB"] else "all there is" for row in one.rows]
    return markdown(
        heads, [(row["size"], text, told(row["s/step"]), told(row["memory"])) for row, text in zip(one.rows, allowed, strict=True)]
    )


def gpu(one: Figures) -> list[str]:
    said = one.head.get("peaks TFLOP/s", {})  # FLOP/s in fact, in files made so far
    peaks = ", ".join(f"{name} {value / 1e12 if value > 1e6 else value:.0f} TFLOP/s" for name, value in said.items())
    return ["Bare networks, stage by stage (`scripts/gpu_bench.py`); a large matrix product here: " + peaks + ".", "", *speed(one)]


def told(value: Any) -> str:
    """A figure to three digits, none of them an exponent's."""
    if not isinstance(value, float):
        return "" if value is None else str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *(f"| {' | '.join(line)} |" for line in lines)]


def plot(one: Figures, path: Path) -> None:
    """Seconds per step, and per step and picture, over each thing varied, both axes by doublings."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), dpi=150, layout="constrained")
    names = list(dict.fromkeys(row["varied"] for row in one.rows))
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False, sharey=True)[0], names, strict=True):
        rows = [row for row in one.rows if row["varied"] == name and row["seconds"] is not None]
        xs = [int(row["size"].partition("x")[0]) if name == "size" else row[name] for row in rows]
        axes.plot(xs, [row["seconds"] for row in rows], color="#b5543a", marker="o", label="a step")
        if name == "batch":
            each = [row["seconds"] / row["batch"] for row in rows]
            axes.plot(xs, each, color="#2f6f8f", marker="o", label="a step and picture")
            axes.legend(frameon=False)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_xticks(xs, map(str, xs))
        axes.yaxis.set_major_formatter(lambda value, place: f"{value:.3g}")
        axes.set_xlabel("side in pixels" if name == "size" else name)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supylabel("seconds")
    figure.savefig(path, metadata={"Software": None})


def main(given: list[str]) -> int:
    folder = Path(given[0]) if given else FOLDER
    every = load(folder)
    if not every:
        print(f"There is no file of figures in {folder}: run what this prints, there.", file=sys.stderr)
        print(COMMANDS, file=sys.stderr)
        return 2
    for one in every:
        if one.name == "scale" and not one.cuda:
            plot(one, PLOT)
    (ROOT / "docs" / "performance.md").write_text(page(every), encoding="utf-8")
    cells = [(one.work, *one.cell(every)) for one in wanted()]
    print("\n".join(["written: docs/performance.md", *(f"below what is wanted: {work}: {cell}" for work, cell, short in cells if short)]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
