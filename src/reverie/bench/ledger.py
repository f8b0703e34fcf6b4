"""Measurements kept as they are made, so that a benchmark that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from reverie.errors import BadRequest


class Ledger:
    """Answers by what was asked: in memory, and line by line in a file where there is one."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.kept: dict[str, dict[str, Any]] = dict(_lines(path)) if path and path.exists() else {}

    def once(self, asked: Mapping[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What was answered before, or what ``make`` answers now; what it raises is not kept."""
        key = json.dumps(asked, sort_keys=True)
        if key not in self.kept:
            self.kept[key] = make()
            if self.path:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"asked": asked, "found": self.kept[key]}, sort_keys=True) + "\n")
        return self.kept[key]


def _lines(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """A last line that was cut off is made anew; any other that is no measurement means that the file is something else."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(
            f"--keep {path} cannot be read ({error}): it is a file of measurements, or one that does not exist yet."
        ) from error
    found = []
    for number, line in enumerate(lines, 1):
        try:
            one = json.loads(line) if line else None
            if one:
                found.append((json.dumps(one["asked"], sort_keys=True), one["found"]))
        except (ValueError, KeyError, TypeError) as error:
            if number < len(lines):
                raise BadRequest(
                    f"--keep {path} holds no measurement in line {number}: give another file, or one that does not exist."
                ) from error
            path.write_text("".join(f"{line}\n" for line in lines[:-1]), encoding="utf-8")
    return found
