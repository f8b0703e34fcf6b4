"""Measurements in processes of their own, asked and answered in JSON: one's memory is not another's peak, and one that dies
or hangs costs one figure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reverie.errors import Failed

PATIENCE = 3600.0  # seconds until a process counts as one that hangs
HERE = str(Path(__file__).parents[2])  # where `import reverie` finds this very package


def ask(
    module: str,
    asked: Mapping[str, Any],
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> dict[str, Any]:
    """What ``python -m module`` answers, in a folder of its own; raises ``Failed`` with the reason where there is no answer."""
    path = os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH", ""))))
    told = {**os.environ, "PYTHONPATH": path, **(environment or {})}
    with TemporaryDirectory(prefix="reverie-bench-") as folder:
        question, answer = Path(folder) / "asked.json", Path(folder) / "answer.json"
        question.write_text(json.dumps(asked), encoding="utf-8")
        words = [python, "-m", module, str(question), str(answer)]
        try:
            done = subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, errors="replace", timeout=patience)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"took longer than {patience:.0f} s") from error
        except OSError as error:
            raise Failed(f"cannot be started: {error}") from error
        if done.returncode or not answer.exists():
            raise Failed(_reason(done.returncode, done.stderr))
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found


def _reason(code: int, complaints: str) -> str:
    """The last line of a traceback without the exception's module, or how the process ended."""
    if code == -9:
        return "was killed, most often because memory ran short"
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    return lines[-1].removeprefix("reverie.errors.").removeprefix("BadRequest: ") if lines else f"ended with code {code}"


def answer(measure: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The asked one's side: measure what the first file asks and write the second."""
    question, place = map(Path, sys.argv[1:3])
    found = measure(json.loads(question.read_text(encoding="utf-8")))
    beside = place.with_suffix(".part")
    beside.write_text(json.dumps(found, allow_nan=False), encoding="utf-8")
    beside.replace(place)
