"""6. Gallery: what was painted, searched; an index that can be lost."""

from __future__ import annotations

from page import Page

SMALL = "--size 64 --steps 2 --generator pixels --quiet"


def show(page: Page) -> None:
    for text, seed in (("a red fox", 1), ("an owl", 2), ("two owls", 3)):
        page.run(f"reverie '{text}' {SMALL} --seed {seed}")
    page.run("reverie log", says=["a red fox", "two owls"])
    page.run("reverie log owl --seed 2", says=["an owl"], lacks=["two owls", "fox"])
    page.run("reverie log --since 2030-01-01", says=["Nothing is recorded"])
    page.say("Deleted, and made anew from the pictures:")
    page.run("rm .home/data/gallery.db* && reverie log --rebuild dreams && reverie log FOX", says=["3 pictures", "a red fox"])
    page.say("Damaged, it costs no picture:")
    page.run("rm .home/data/gallery.db*; echo damaged > .home/data/gallery.db; reverie 'a crab' " + SMALL, says=["warning", "a-crab.png"])
    page.tests("tests/test_store.py", "tests/test_cli_log.py")
