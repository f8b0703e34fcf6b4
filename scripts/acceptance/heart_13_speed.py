"""13. Speed: the default dream on this machine."""

from __future__ import annotations

import json

from page import Page


def show(page: Page) -> None:
    page.run("reverie bench speed")
    rows = json.loads(page.run("reverie bench speed --json >rows.json && cat rows.json", lines=40).out)
    best = min(row["whole"] for row in rows)
    page.check(f"the default dream takes {best:.0f} s in the better format, at most 60", best < 60)
    whole = page.run("reverie 'a red apple' --quiet")
    page.check(f"`reverie 'a red apple'` took {whole.seconds:.0f} s from start to picture, at most 60", whole.seconds < 60)
