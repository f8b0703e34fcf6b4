"""6. Objectives: resemblance, total variation, range, saturation."""

from __future__ import annotations

import json

from page import Page


def show(page: Page) -> None:
    page.tests("tests/test_objectives.py", "tests/test_losses.py")
    told = page.run("reverie 'a red apple' --size 64 --steps 2 --tv 1 --saturation 1 --out sober.png --json", lines=8)
    events = [json.loads(line) for line in told.out.splitlines()]
    terms: dict[str, float] = next((event["losses"] for event in reversed(events) if event["event"] == "step"), {})
    page.check(f"every term is told by name: {', '.join(terms)}", {"tv", "range", "saturation"} < set(terms))
