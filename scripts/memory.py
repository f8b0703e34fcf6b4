"""Measure Reverie where little memory is allowed: ``python scripts/memory.py > memory.json``, as root on Linux.

A VQGAN f16 dream with ViT-B/32 and 32 views, of chance weights, on the CPU: free, and in a control group (man 7 cgroups) that ends the
process where it takes more. All that a process has counts, libraries and weights among it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from reverie.bench.machine import machine
from reverie.bench.peers import Sides
from reverie.bench.process import ask
from reverie.bench.rivals import WORKS, Rivals

GROUPS = Path("/sys/fs/cgroup")
ASKED = ((256, None), (512, None), (512, 4), (1024, None), (1024, 8))  # side, GB


@contextmanager
def within(gigabytes: int | None) -> Iterator[None]:
    """This process and those that it starts are allowed no more, until it is over; None is no bound."""
    if gigabytes is None:
        yield
        return
    first = GROUPS / "memory"  # of version 1; version 2 has all in one tree
    top, name = (first, "memory.limit_in_bytes") if first.is_dir() else (GROUPS, "memory.max")
    group = top / f"reverie-{os.getpid()}"
    group.mkdir()
    try:
        (group / name).write_text(str(gigabytes * 10**9))
        (group / "cgroup.procs").write_text(str(os.getpid()))
        yield
    finally:
        (top / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def main() -> int:
    work = next(one for one in WORKS if one.name == "vqgan")
    files = Sides(Rivals(), "cpu", lambda line: print(line, file=sys.stderr)).files(work)
    rows = []
    for side, allowed in ASKED:
        dreams = [dream.model_dump(mode="json") for dream in work.dreams(files, side)]
        with within(allowed):
            found = ask("reverie.bench.laps", {"dreams": dreams, "steps": 2, "device": "cpu"})
        rows.append({"size": f"{side}x{side}", "allowed GB": allowed, "s/step": median(found["seconds"]), "memory": found["memory"]})
        print(rows[-1], file=sys.stderr)
    print(json.dumps({**machine("cpu"), "rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
