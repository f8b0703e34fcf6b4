"""Drafts as models write them, and what becomes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.craft.writer.sieve import sift, tidy
from reverie.errors import Failed
from reverie.prompts import parse


@pytest.mark.parametrize(
    ("draft", "line"),
    [
        ("a fox", "a fox"),
        ("  a  fox\tin snow \n an owl", "a fox in snow"),
        ('1. "a fox, oil painting."', "a fox, oil painting"),
        ("(12) a fox", "a fox"),
        ("- a fox;", "a fox"),
        ("• “a fox”", "a fox"),
        ("* **a fox**", "a fox"),
        ("`a fox` and so on", "a fox"),
        ("12:30, a clock", "12:30, a clock"),
        ("8k photo of a fox", "8k photo of a fox"),
        ("a bird's-eye view", "a bird's-eye view"),
        ("'a cat's eye'", "a cat's eye"),
        ("a fox\x00\x1b[31m", "a fox [31m"),
        ("", ""),
        ('"', ""),
        ("--", ""),
    ],
)
def test_tidy(draft: str, line: str) -> None:
    assert tidy(draft) == line


@given(st.text())
def test_tidy_is_a_line_that_stays_as_it_is(draft: str) -> None:
    line = tidy(draft)
    assert "\n" not in line and line == line.strip() and all(letter.isprintable() for letter in line)


@given(st.lists(st.text(max_size=30), min_size=3, max_size=3))
def test_what_passes_can_be_painted(drafts: list[str]) -> None:
    found: list[str] = []
    try:
        found += sift(drafts, 1)
    except Failed:
        return
    assert all(prompt.kind == "text" for prompt in parse(found[0]))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("", "were empty"),
        ("...", "were empty"),
        ("fox.png", "were no prompts"),
        ("noise(7)", "were no prompts"),
        ("a {red|blue} fox", "were no prompts"),
        ("a fox | ", "a fox"),
        ("a fox:nan", "were no prompts"),
        ("a __thing__", "were no prompts"),
        ("An OWL", "were repeats"),
        ("an example", "were repeats"),
        ("a a fox", "said a word or phrase twice"),
        ("a fox, oil, fog, oil", "said a word or phrase twice"),
        (" ".join(f"fox{i}" for i in range(30)), "were too long to be read"),
    ],
)
def test_what_is_dropped_and_why(bad: str, reason: str) -> None:
    drafts = ["an owl", bad]
    if reason == "a fox":
        assert list(sift(drafts, 2)) == ["an owl", "a fox"]
        return
    kept = []
    with pytest.raises(Failed, match=f"1 of 2 prompts could be written; of the other drafts, 1 {reason}"):
        for text in sift(drafts, 2, known=["an example"]):
            kept.append(text)
    assert kept == ["an owl"]


def test_what_is_about_something_else_or_says_nothing_more_is_dropped() -> None:
    assert list(sift(["a dog", "an owl", "an owl at night"], 1, given="a owl")) == ["an owl at night"]


def test_who_reads_says_what_is_too_long() -> None:
    long = " ".join("abcdefghijklmnopqrstuvwxyz")
    assert list(sift([long], 1, "clip")) == [long]
    with pytest.raises(Failed, match="None of 1 .* too long"):
        list(sift([long], 1, "mini"))


def test_patience_ends() -> None:
    with pytest.raises(Failed, match="None of 2 .* 32 were empty"):
        list(sift(iter(str, "x"), 2))
