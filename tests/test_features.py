"""The table of the originals' features on the acceptance page: none of their flags is left out, and every test that it names is there."""

from __future__ import annotations

import ast
import csv
from functools import cache
from pathlib import Path

import pytest

from reverie.compat.originals import ORIGINALS

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "scripts" / "acceptance" / "features.tsv"
HEAD = ["original", "feature", "shown here", "tests"]


def rows() -> list[list[str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file of ours."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def test_every_row_is_whole_and_there_once() -> None:
    head, *table = rows()
    assert head == HEAD and all(len(row) == len(HEAD) and all(row[:3]) for row in table)
    assert len({(original, feature) for original, feature, _, _ in table}) == len(table)
    for original, feature, shown, tests in table:
        assert bool(tests) != shown.startswith("not here: "), f"{original} {feature}: tests, or why it is not here"


@pytest.mark.parametrize("command", ORIGINALS)
def test_no_flag_is_left_out_and_none_is_made_up(command: str) -> None:
    original, _ = ORIGINALS[command]
    told = [word for name, feature, _, _ in rows() if name == original.name and feature.startswith("-") for word in feature.split()]
    # A flag may stand in several rows where its values are features of their own.
    assert {word for word in told if word.startswith("-")} == {name for flag in original.flags for name in flag.spelt}


def test_every_test_that_is_named_is_there() -> None:
    named = {test for *_, tests in rows()[1:] for test in tests.split("; ") if test}
    assert len(named) > 100
    lost = [test for test in named if test.partition("::")[2].partition("[")[0] not in names_in(test.partition("::")[0])]
    assert not lost


def test_no_feature_is_shown_by_parity_alone() -> None:
    """Parity wants checkouts, which few have."""
    alone = [feature for _, feature, _, tests in rows()[1:] if tests and all(one.startswith("tests_parity/") for one in tests.split("; "))]
    assert not alone
