"""2. The loop: the laws, and a dream that is stopped."""

from __future__ import annotations

from page import Page


def show(page: Page) -> None:
    page.tests("tests/test_laws.py")
    page.tests("tests/test_step.py", "tests/test_guard.py", "tests/test_render.py", "tests/test_rng.py")
    page.say("Ctrl-C after twenty seconds; the picture so far is kept:")
    page.run(
        "timeout --preserve-status -s INT 20 reverie 'a red apple' --size 64 --steps 1000000 --out stopped.png --quiet",
        code=130,
        says=["stopped.png"],
    )
    page.run("reverie show stopped.png", says=["a red apple"], lines=24)
