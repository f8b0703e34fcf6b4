"""8. Plug-ins: components of other packages, a kit that checks them, an example that runs"""

from __future__ import annotations

from page import Page


def show(page: Page) -> None:
    page.run("reverie components | tail -25", lines=25)
    page.run("reverie 'a fox' -o stack.ratoi=2", code=2, says=["Did you mean 'ratio'"])
    page.tests("tests/test_testing.py", "tests/test_registry.py", "tests/test_cli_components.py")
