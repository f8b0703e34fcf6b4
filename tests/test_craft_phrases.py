"""Phrases: what stands between commas, and prompts without them."""

from __future__ import annotations

import pytest

from reverie.craft.phrases import phrases
from reverie.errors import BadRequest
from reverie.prompts import parse, show


@pytest.mark.parametrize(
    ("prompt", "chosen", "expected"),
    [
        ("a castle", [], [("a castle", "")]),
        ("a castle, at sunset; 4k", [], [("a castle", "at sunset, 4k"), ("at sunset", "a castle, 4k"), ("4k", "a castle, at sunset")]),
        ("a fox @left:2 | a castle | x.png", [], [("a fox", "a castle | x.png"), ("a castle", "a fox @left:2 | x.png")]),
        ("a fox | fog:-0.5 | owl:0", [], [("a fox", "fog:-0.5 | owl:0"), ("fog", "a fox | owl:0")]),
        (
            "an Oil painting of a fox, red",
            ["oil painting of", "red"],
            [("Oil painting of", "an a fox, red"), ("red", "an Oil painting of a fox")],
        ),
        ("a fox, red, big", ["red"], [("red", "a fox, big")]),
    ],
)
def test_what_there_is_and_what_is_left(prompt: str, chosen: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(one.text, show(one.rest)) for one in phrases(parse(prompt), chosen)] == expected


def test_what_is_in_none_is_told() -> None:
    with pytest.raises(BadRequest, match="no part of what was asked for: a fox"):
        phrases(parse("a fox"), ["owl"])
    with pytest.raises(BadRequest, match="no phrase to leave out"):
        phrases(parse("fox.png"))
