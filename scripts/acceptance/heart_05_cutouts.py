"""5. Cutouts: batched views, one warp, anti-aliased."""

from __future__ import annotations

from page import Page


def show(page: Page) -> None:
    page.tests("tests/test_cutouts.py")
    page.run("reverie 'a red apple' --size 64 --steps 2 --views 4 -o cutouts.turn=20 -o cutouts.flip=0 --out turned.png --quiet")
    page.run("reverie 'a red apple' -o cutouts.trun=20", code=2, says=["turn"])
    page.run("reverie 'a red apple' -o cutouts.flip=2", code=2, says=["flip"])
