"""Templates: the field's syntax, drawn by the seed, and nothing else of a prompt touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.craft.library import find
from reverie.craft.templates import MOST, draw, every
from reverie.errors import BadRequest
from reverie.paths import wildcards_dir


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A folder of wildcards, good and bad."""
    (tmp_path / "colours").mkdir()
    for name, content in {
        "colours/warm.txt": "# warm ones\nred #1\norange\n\n", "colours/cold.txt": "blue\n{light|dark} green\n", "loop.txt": "a __loop__\n",
        "bad.txt": "{a|b\n", "empty.txt": "\n", "zoo.yaml": "animals:\n  - 999::fox\n  - owl\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(content)
    return tmp_path


@given(st.text(st.characters(codec="utf-8", exclude_characters="{}_")))
def test_a_plain_prompt_is_left_alone(text: str) -> None:
    assert draw(text, 1) == text and every(text) == [text]


@pytest.mark.parametrize("text", ["a__b", "a _ _ b", r"C:\_x \| \"y\"", '"a {b|c} d"', '"1 {x}"@left:2 | "__y__"', "  a  } b", "__ __"])
def test_what_is_no_template_is_left_alone_too(text: str) -> None:
    assert draw(text, 1) == text


@pytest.mark.parametrize(
    ("template", "all_of_them"),
    [
        ("a {red|blue} fox", ["a red fox", "a blue fox"]),
        ("{2$$ and $$a|b}", ["a and b", "b and a"]),
        ("{1-2$$, $$a|b}", ["a", "b", "a, b", "b, a"]),
        ("{2$$ | $$fox|owl}", ["fox | owl", "owl | fox"]),
        ("{0.5::x|2::y}", ["x", "y"]),
        ("{a|{b|c}}", ["a", "b", "c"]),
        ("a {|big} fox", ["a fox", "a big fox"]),
        ("${x=fox} a ${x} and a ${x}", ["a fox and a fox"]),
        ("{a:0.5|b:-1} | {c|d}:2", ["a:0.5 | c:2", "a:0.5 | d:2", "b:-1 | c:2", "b:-1 | d:2"]),
        ("a fox @{left|right}", ["a fox @left", "a fox @right"]),
        ("{!a|b}", ["a", "b"]),
        ("{a|a} {b|c}", ["a b", "a c"]),
        ("https://x/y.png | 100% #1 $5 {a|b}", ["https://x/y.png | 100% #1 $5 a", "https://x/y.png | 100% #1 $5 b"]),
        (r"\{x\} \_\_y\_\_ \$\{z\} {a|b}", ["{x} __y__ ${z} a", "{x} __y__ ${z} b"]),
        (r"a \{x\}", ["a {x}"]),
        (r"{a\|b|c} \| \:", [r"a\|b \| \:", r"c \| \:"]),
        ('"a {b|c} #":2 | {x|y}', ['"a {b|c} #":2 | x', '"a {b|c} #":2 | y']),
    ],
)  # fmt: skip
def test_every_text_that_it_can_become(template: str, all_of_them: list[str]) -> None:
    assert every(template) == all_of_them
    if "!" not in template:
        assert {draw(template, seed) for seed in range(60)} == set(all_of_them)


def test_the_seed_draws_and_always_the_same() -> None:
    template = "{a|b|c|d|e|f|g|h} {2$$ $$x|y|z}"
    assert [draw(template, seed) for seed in range(9)] == [draw(template, seed) for seed in range(9)]
    assert draw("a {red|blue} fox", 0) == "a red fox" and draw("a {red|blue} fox", 1) == "a blue fox", "also on other days"


def test_weights_count() -> None:
    drawn = [draw("{9::x|1::y}", seed) for seed in range(200)]
    assert 150 < drawn.count("x") < 200


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("a.txt", "9::x\ny\n"), ("a.yaml", "- 9::x\n- y\n"), ("a.json", '["9::x", "y"]'),
        ("any.yaml", "a: [9::x, y]"), ("any.json", '{"a": [{"text": "x", "weight": 9}, "y"]}'),
    ],
)  # fmt: skip
def test_weights_count_in_every_kind_of_list(tmp_path: Path, file: str, content: str) -> None:
    (tmp_path / file).write_text(content, encoding="utf-8")
    drawn = [draw("__a__", seed, [tmp_path]) for seed in range(200)]
    assert 160 < drawn.count("x") < 200 == drawn.count("x") + drawn.count("y")
    assert every("__a__", [tmp_path]) == ["x", "y"]


def test_variables_draw_each_time_or_once() -> None:
    again = {draw("${x={a|b}}${x} ${x}", seed) for seed in range(40)}
    once = {draw("${x=!{a|b}}${x} ${x}", seed) for seed in range(40)}
    assert again == {"a a", "a b", "b a", "b b"} and once == {"a a", "b b"}


def test_wildcards_are_lines_of_files(lists: Path) -> None:
    assert every("a __colours/warm__ fox", [lists]) == ["a orange fox", "a red #1 fox"]
    assert every("__colours/*__", [lists]) == ["blue", "orange", "red #1", "light green", "dark green"]
    assert [draw("__animals__", seed, [lists]) for seed in range(5)] == ["fox"] * 5
    assert every("{2$$ $$__animals__}", [lists]) == ["fox owl", "owl fox"]


def test_wildcards_of_ones_own_and_of_the_library(lists: Path) -> None:
    wildcards_dir().mkdir(parents=True)
    (wildcards_dir() / "mine.txt").write_text("fox\n")
    (wildcards_dir() / "loop.txt").write_text("mine\n")
    assert draw("__mine__ __loop__", 0) == "fox mine"
    with pytest.raises(BadRequest, match="refers to itself"):
        draw("__mine__ __loop__", 0, [lists])  # a folder that is given comes before the home
    assert set(every("__craft/light__")) == {one.words for one in find(["light"])}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("a {red|blue", "from '{red|blue' on: is a brace not closed"),
        ("a_b__c {x|y}", r"write \{ \} \_ \$ \%"),
        ("${y} z", "Variable y is not defined"),
        ("${y=${y}}${y}", "refers to itself"),
        ("__loop__", "refers to itself"),
        ("__bad__", "from '{a|b' on"),
        ("__empty__", "has nothing in it"),
        ("__animal__", "Did you mean 'animals'"),
        ("__../secret__", "no wildcard '../secret'"),
        ("{!a|b}", "only --all"),
        ("{0::a|0::b}", "Total of weights"),
    ],
)
def test_what_cannot_be_drawn_is_told(template: str, told: str, lists: Path) -> None:
    with pytest.raises(BadRequest) as error:
        draw(template, 0, [lists])
    assert told in str(error.value)


def test_all_has_a_limit_and_says_it() -> None:
    assert len(every("{a|b|c|d} {a|b|c|d} {a|b|c|d} {a|b|c|d}")) == MOST == 256
    for template in ("{a|b|c|d} {a|b|c|d} {a|b|c|d} {a|b|c|d|e}", "{1-9$$a|b|c|d|e|f|g|h|i|j}", "{@a|b}"):
        with pytest.raises(BadRequest, match="more than 256 combinations"):
            every(template)
    with pytest.raises(BadRequest, match="drawn once"):
        every("${x=!{a|b}} ${x}")
