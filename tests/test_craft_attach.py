"""Where added words go: behind the first text, whatever else the prompts say."""

from __future__ import annotations

import pytest

from reverie.craft.attach import attach, split
from reverie.errors import BadRequest
from reverie.prompts import parse, show


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a castle", "a castle, oil painting"),
        ("a castle.", "a castle, oil painting"),
        ("a castle @left:2 | fog:-0.5", "a castle, oil painting @left:2 | fog:-0.5"),
        ("fog:-0.5 | a castle:2:0.3", "fog:-0.5 | a castle, oil painting:2:0.3"),
        ("style.jpg:0.4 | noise(7) | a castle", "style.jpg:0.4 | noise(7) | a castle, oil painting"),
        ("a castle, Oil Painting", "a castle, Oil Painting"),
        ("a castle | oil painting", "a castle, oil painting | oil painting"),
        ('"a | b":2', '"a | b, oil painting":2'),
    ],
)
def test_words_follow_the_first_text_that_is_wanted(typed: str, expected: str) -> None:
    assert attach(parse(typed), ["oil painting"]) == parse(expected)


def test_several_in_their_order_and_each_once() -> None:
    assert show(attach(parse("an owl"), ["4k", "mosaic", "4k"])) == "an owl, 4k, mosaic"


def test_nothing_to_add_changes_nothing() -> None:
    for typed in ("fog:-1", "a castle.", "style.jpg"):
        assert attach(parse(typed), []) == parse(typed)


@pytest.mark.parametrize("typed", ["fog:-1", "style.jpg", "a castle:0"])
def test_without_a_text_there_is_no_place(typed: str) -> None:
    with pytest.raises(BadRequest, match="write what to paint"):
        attach(parse(typed), ["mosaic"])


def test_only_words_with_a_plus_are_modifiers() -> None:
    assert split(["+mosaic", "a castle +4k", "+", "+4k"]) == (["a castle +4k", "+"], ["mosaic", "4k"])
    assert split(["+1 for the castle"]) == (["+1 for the castle"], [])
    with pytest.raises(BadRequest, match="no modifier 'nonsense'"):
        split(["a castle", "+nonsense"])
