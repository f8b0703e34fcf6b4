"""How many damaged files each reader was given and how many of them it refused, as the tests' JUnit report has it.

``python scripts/acceptance/fuzz.py REPORT`` keeps them in docs/acceptance/fuzz.json: what `make nightly` ends with.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from page import ROOT, machine
from reports import Case, cases

TESTS = tuple(f"tests/test_{name}.py" for name in ("checkpoints_pickles", "checkpoints_yamls", "held", "weights"))
KEPT = ROOT / "docs" / "acceptance" / "fuzz.json"
Counts = Mapping[str, tuple[int, int]]  # by test: files, and those that were refused


def counts(told: Mapping[str, Case]) -> Counts:
    """Of the tests that damaged files."""
    found = {test: tuple(sum(int(value) for name, value in case.told if name == wanted) for wanted in ("files", "refused"))
             for test, case in told.items()}  # fmt: skip
    return {test: (files, refused) for test, (files, refused) in found.items() if files}


def table(today: Counts) -> str:
    """Today's counts beside those of the last night that was kept."""
    night = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {"counts": {}}
    rows = ["| test and reader | files | refused | read | at night | refused | read |", "|---|---|---|---|---|---|---|"]
    rows += [f"| `{test}` | {_cells(here)} | {_cells(night['counts'].get(test))} |" for test, here in today.items()]
    rows.append(f"| all | {_cells(_sum(today))} | {_cells(_sum(night['counts']) if night['counts'] else None)} |")
    said = f"The night was that of {night['date']}: {night['machine']}" if night["counts"] else "No night was kept."
    return "\n".join([*rows, "", said])


def _cells(told: Sequence[int] | None) -> str:
    if told is None:
        return "– | – | –"
    files, refused = told
    return f"{files:,} | {refused:,} | {files - refused:,}"


def _sum(told: Counts) -> tuple[int, int]:
    return sum(files for files, _ in told.values()), sum(refused for _, refused in told.values())


if __name__ == "__main__":
    record = {"date": date.today().isoformat(), "machine": machine(), "counts": counts(cases(Path(sys.argv[1])))}
    KEPT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
