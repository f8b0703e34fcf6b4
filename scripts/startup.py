"""Measure how soon Reverie answers: ``python scripts/startup.py > startup.json``; every row is the median of cold processes.

Python compiles a module once and keeps that beside it. Where the environment forbids this (``PYTHONDONTWRITEBYTECODE``, as many
containers do), every start would compile all of Reverie again, which is not what a user waits for: it is allowed here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory

from reverie.bench.machine import machine

TURNS = 7
REVERIE = (sys.executable, "-m", "reverie")
ROWS = (
    ("`reverie --help`, to its end", ("--help",), "", 0.4),
    ("`reverie 'a red apple'`, to the first picture", ("paint", "--json", "a red apple"), '"event": "step"', 6.0),
    ("`reverie 'a red apple'`, to its end", ("paint", "--json", "a red apple"), "", None),
)


def seconds(words: tuple[str, ...], until: str) -> float:
    """From the start of a process until a line has ``until`` in it, or its end."""
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        with subprocess.Popen(
            [*REVERIE, *words], cwd=folder, env=compiled, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if until and until in line:
                    found = time.perf_counter() - began
                    process.kill()
                    return found
        return time.perf_counter() - began


def main() -> int:
    rows = [
        {"what": what, "seconds": median(seconds(words, until) for _ in range(TURNS)), "at most": most} for what, words, until, most in ROWS
    ]
    print(json.dumps({**machine("cpu"), "rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
