"""6. Models: what is known of the family of 2021, fetched, checked and named"""

from __future__ import annotations

from page import Page


def show(page: Page) -> None:
    page.run("reverie models list | head -16")
    page.run("reverie models where imagenet_f16_16384", code=2)
    page.run("reverie 'a fox' --generator imagenet_f16_16384", code=2, says=["reverie models pull imagenet_f16_16384"])
    page.run("reverie models verify")
    page.tests("tests/test_models.py", "tests/test_cli_models.py", "tests/test_manifest.py", "tests/test_download.py")
