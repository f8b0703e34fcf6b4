"""Measure how often ``reverie read`` tells what was painted, and write the sentence of docs/prompts.md.

    python scripts/reads.py [--out build/reads]

It paints the hundred prompts of ``reverie bench quality``, in five minutes on two cores; what is painted already is not painted again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from textwrap import fill

from guide import put

from reverie.bench.prompts import PROMPTS

ROOT = Path(__file__).parents[1]


def ranks(pictures: list[str]) -> dict[str, list[int]]:
    """Where what was painted stands in each category, for every picture whose words name something of it."""
    told = subprocess.run([sys.executable, "-m", "reverie", "read", "--json", *pictures], check=True, capture_output=True, text=True).stdout
    found: dict[str, list[int]] = defaultdict(list)
    for line in told.splitlines():
        for category, one in json.loads(line)["written"]["ranks"].items():
            found[category].append(one["rank"])
    return found


def sentence(found: dict[str, list[int]]) -> str:
    first = ", ".join(f"the {category} in {sum(rank == 1 for rank in ranks)} of {len(ranks)}" for category, ranks in found.items())
    things = found["thing"]
    told = (
        f"Of the hundred prompts of `reverie bench quality`, painted with the default settings, the nearest was what had been asked for: "
        f"{first}; the thing was among the first five in {sum(rank <= 5 for rank in things)}. The one who reads is the guide that they "
        f"were painted by, so this says how far a painting can be read back, and not how well it sees photographs."
    )
    return fill(told, 140)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "reads")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    names = [folder / f"{number:02}.png" for number in range(len(PROMPTS))]
    for name, prompt in zip(names, PROMPTS, strict=True):
        if not name.exists():
            subprocess.run([sys.executable, "-m", "reverie", "paint", "--quiet", "--out", str(name), "--", prompt], check=True)
    put("reads", sentence(ranks(list(map(str, names)))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
