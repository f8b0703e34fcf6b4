"""13. Speed: the default dream on this machine."""

from __future__ import annotations

import json

from page import Page


def show(page: Page) -> None:
    rows = page.run("reverie bench speed").out.splitlines()[1:]
    whole = {row.split()[0]: float(row.split()[-2]) for row in rows}
    page.check(f"fp32 {whole['fp32']:.0f} s, bf16 {whole['bf16']:.0f} s: the better is at most 60", min(whole.values()) < 60)
    dream = page.run("reverie 'a red apple' --quiet")
    page.check(f"`reverie 'a red apple'` took {dream.seconds:.0f} s from the command to the picture, at most 60", dream.seconds < 60)
    told = page.run("reverie bench speed --size 64 --steps 5 --json")
    page.check("the same for programs", [row["precision"] for row in json.loads(told.out)] == ["fp32", "bf16"])
