"""The originals' features as ``features.tsv`` lists them: what is shown of each here, and the tests that show it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True)
class Feature:
    """A row: ``tests`` are pytest's node ids, none where ``shown`` says why it is not here."""

    original: str
    name: str
    shown: str
    tests: tuple[str, ...]


def features() -> list[Feature]:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [Feature(original, name, shown, tuple(tests.split("; ")) if tests else ()) for original, name, shown, tests in rows]
