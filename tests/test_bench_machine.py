"""The facts about a machine are words."""

from __future__ import annotations

import os

from reverie.bench.machine import cores, machine


def test_a_cpu_is_described() -> None:
    found = machine("cpu")
    assert found["kind"] == "cpu" and f"{cores()} cores" in found["device"]
    assert len(found["date"]) == len("2026-01-01") and found["torch"].count(".") >= 2
    assert 1 <= cores() <= (os.cpu_count() or 1)
