"""For whoever writes a generator, a perceptor or an objective: the rules that Reverie relies on, as checks to call from pytest.

    from reverie.testing import check_generator, check_import

    def test_the_rules() -> None:
        check_import("my_package.my_module")
        check_generator("mine")

A check raises ``AssertionError`` that says which rule is broken and what was seen instead.
"""

from reverie.testing.generators import check_generator
from reverie.testing.imports import check_import
from reverie.testing.objectives import check_objective
from reverie.testing.perceptors import check_perceptor

__all__ = ["check_generator", "check_import", "check_objective", "check_perceptor"]
