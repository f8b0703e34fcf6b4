"""Axes of a grid: fields, ranges, words and modifiers, and errors that say what could be meant."""

from __future__ import annotations

import pytest

from reverie.craft.axes import MODIFIERS, MOST, WORDS, Axis, axes, axis, filled, slots
from reverie.errors import BadRequest


@pytest.mark.parametrize(
    ("given", "name", "values"),
    [
        ("seed=1,2,3", "seed", ("1", "2", "3")),
        ("seed=1..4", "seed", ("1", "2", "3", "4")),
        ("seed=4..1,9", "seed", ("4", "3", "2", "1", "9")),
        ("rate=0.05..0.2/4", "rate", ("0.05", "0.1", "0.15", "0.2")),
        ("steps=10..60/3", "steps", ("10", "35", "60")),
        ("init-weight=0,0.5", "init_weight", ("0", "0.5")),
        ("perceptor=mini,mini:2", "perceptors", ("mini", "mini:2")),
        ("shift=2\\,0,0\\,2", "shift", ("2,0", "0,2")),
        ("siren.layers=4,6", "siren.layers", ("4", "6")),
        ("style=ink,old-master", "style", ("ink", "old-master")),
        (",+fresco,+4k +fresco", MODIFIERS, ("", "+fresco", "+4k +fresco")),
    ],
)
def test_what_differs(given: str, name: str, values: tuple[str, ...]) -> None:
    assert axis("x", given, "a castle") == Axis("x", name, values)


def test_words_stand_where_the_prompt_has_a_place() -> None:
    assert axis("x", "red,light blue", "a {x} fox") == Axis("x", WORDS, ("red", "light blue"))
    assert axis("y", "e=mc2,+4k", "a {y} fox") == Axis("y", WORDS, ("e=mc2", "+4k"))
    assert filled("a {x} fox, {x|y}, ${x} {a|{x}}", "x", r"\1") == r"a \1 fox, {x|y}, ${x} {a|\1}"
    assert slots("a {x} ${y}") == {"x"}


def test_labels() -> None:
    assert axis("x", "stop-at=0.5", "a").labels == ("stop-at = 0.5",)
    assert axis("x", ",+4k", "a").labels == ("(nothing)", "+4k")


@pytest.mark.parametrize(
    ("template", "given", "said"),
    [
        ("a castle", {"x": "red,blue"}, r"write \{x\} where they go"),
        ("a castle", {"x": "sede=1,2"}, "Did you mean 'seed'"),
        ("a castle", {"x": "prompt=a fox"}, r"reverie grid 'a \{x\} castle'"),
        ("a {x} castle", {"x": "seed=1,2"}, "the prompt waits for words"),
        ("a {y} castle", {"x": "seed=1,2"}, "as --y 'red,blue,golden'"),
        ("a castle", {}, "something that differs"),
        ("a castle", {"x": "seed=1,2", "y": "seed=3"}, "Both axes set seed"),
        ("a castle", {"x": "rate=0.1..0.2"}, r"0.1..0.2/5 are five numbers"),
        ("a castle", {"x": "rate=0.1..0.2/1"}, "at least its two ends"),
        ("a castle", {"x": "seed="}, "needs values"),
        ("a castle", {"x": "seed=1..1000000000"}, f"at most {MOST:,}"),
        ("a castle", {"x": "seed=1..100", "y": "steps=1..100"}, "10,000 pictures"),
    ],
)
def test_errors_teach(template: str, given: dict[str, str | None], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        axes(template, given)
