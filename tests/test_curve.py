"""Curves travel as text, and a stranger's are read with care."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.curve import Curve
from reverie.errors import BadRequest


def test_a_curve_comes_back_as_it_was_seen() -> None:
    curve = Curve((0, 5), (1.23456, math.nan), (math.inf, 0.5))
    back = Curve.from_json(curve.to_json())
    assert back.steps == (0, 5) and back.losses[0] == 1.2346 and math.isnan(back.losses[1])
    assert math.isnan(back.scores[0]) and list(back)[1][2] == 0.5


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"steps": [1], "losses": [], "scores": []}', '{"steps": ["x"], "losses": [1], "scores": [1]}',
     '{"steps": [1e999], "losses": [1], "scores": [1]}', '{"steps": 3, "losses": 3, "scores": 3}', "[" * 100_000],
)  # fmt: skip
def test_a_damaged_curve_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="damaged"):
        Curve.from_json(text)


@given(st.text() | st.dictionaries(st.sampled_from(["steps", "losses", "scores"]), st.lists(st.none() | st.floats())).map(str))
def test_no_text_does_harm(text: str) -> None:
    with suppress(BadRequest):
        Curve.from_json(text)
