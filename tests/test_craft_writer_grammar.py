"""The grammar: whatever the seed and the subject, one line of good English that a perceptor reads."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.compat.words import reader
from reverie.craft.library import modifiers
from reverie.craft.writer.grammar import FOLDER, TAUGHT, WHOLE, articled, drafts, read_grammar
from reverie.craft.writer.settings import Writing
from reverie.craft.writer.sieve import stutters
from reverie.craft.writer.write import write
from reverie.data.words import COLOURS, GROUNDS, LEADS, STYLES
from reverie.errors import BadRequest, Failed
from reverie.prompts import parse
from reverie.tokens import words
from reverie.weights import load_judge

SUBJECTS = ("", "a castle", "an owl", "two red foxes", "owls", "a house in the forest by night", "a 100% $5 cat")


@given(st.integers(0, 2**63 - 1), st.sampled_from(SUBJECTS), st.sampled_from((TAUGHT, WHOLE)))
def test_a_prompt_is_a_line_of_english_about_what_was_asked(seed: int, subject: str, grammar: str) -> None:
    (text,) = write(subject, Writing(count=1, seed=seed, grammar=grammar))
    (prompt,) = parse(text)
    assert prompt.kind == "text" and prompt.weight == 1 and prompt.text == text
    assert subject in text and reader("mini")(text)
    assert text == " ".join(text.split()) and not re.search(r"[{}_]|::|\$\$|,,|, ,|[,;] *$", text)
    assert not re.search(r"\ba [aeio]|\ban [^aeiouh8]", text) and not stutters(text)


def test_a_long_word_comes_once() -> None:
    for text in islice(drafts("", 3), 100):
        long = [word.rstrip("s") for word in words(text) if len(word) > 3]
        assert len(set(long)) == len(long), text


def test_the_seed_says_what_is_written() -> None:
    first = list(write("a castle", Writing(count=8, seed=5)))
    assert first == list(write("a castle", Writing(count=8, seed=5))) and len(set(first)) == 8
    assert first[:3] == list(write("a castle", Writing(count=3, seed=5)))
    assert first != list(write("a castle", Writing(count=8, seed=6)))


def test_a_seed_that_is_counted_up_writes_other_things() -> None:
    assert len({next(write("", Writing(count=1, seed=seed))) for seed in range(20)}) > 15


def test_the_whole_library_is_written_with() -> None:
    said = "\n".join(islice(drafts("", 1, WHOLE), 400))
    used = {one.category for one in modifiers() if one.words in said}
    assert used >= {"medium", "technique", "movement", "artist", "era", "light", "colour", "mood", "site-and-quality"}


def test_the_taught_grammar_says_only_what_was_taught() -> None:
    lists = read_grammar(TAUGHT)
    things = load_judge("mini")[1]
    assert set(lists["thing"]) | set(lists["plain"]) <= set(things)
    assert set(lists["place"]) <= {way for ways in GROUNDS.values() for way in ways} and set(lists["colour"]) <= set(COLOURS)
    styles = {way for ways in STYLES.values() for way in ways}
    assert {style for line in lists["style"] for style in line.partition("::")[2].strip("{}").split("|")} <= styles
    assert set(lists["picture"]) <= styles | {lead.removeprefix("a ").removesuffix(" of ") for lead in LEADS}


def test_alternatives_weigh(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("prompt: ['a __thing__']\nthing: [99::fox, 1::owl, 0::hare]\n")
    found = list(islice(drafts("", 0, str(tmp_path / "mine.yaml")), 300))
    assert set(found) == {"a fox", "an owl"} and found.count("an owl") < 30


def test_a_grammar_of_ones_own_takes_what_was_asked_for_as_its_subject(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("prompt: ['__subject__ of {ice|fire}']\nsubject: [a fox]\n")
    asked = Writing(count=2, grammar=str(tmp_path / "mine.yaml"))
    assert sorted(write("a tower", asked)) == ["a tower of fire", "a tower of ice"]
    assert sorted(write("", asked)) == ["a fox of fire", "a fox of ice"]
    with pytest.raises(Failed, match="2 of 3 prompts.*46 were repeats"):
        list(write("a tower", Writing(count=3, grammar=str(tmp_path / "mine.yaml"))))
    (tmp_path / "mine.yaml").write_text("prompt: [a fox]\n")
    with pytest.raises(Failed, match="about something else"):
        list(write("a tower", asked))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- a\n- b\n", "no grammar"),
        ("subject: [a]\n", "one is called 'prompt'"),
        ("prompt: [a]\nthing: fox\n", "'thing' is no list"),
        ("prompt: ['__thing__']\nthing: []\n", "'thing' is no list"),
        ("prompt: [{a: b}]\n", "Put quotes"),
        ("prompt: ['__nothing__']\n", "no wildcard 'nothing'"),
        ("prompt: ['__prompt__ x']\n", "without end"),
        ("prompt: ['{a']\n", "brace not closed"),
        ("prompt: [a\n", "not readable YAML"),
    ],
)
def test_what_is_no_grammar_is_told(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "mine.yaml").write_text(content)
    with pytest.raises(BadRequest, match=told):
        next(drafts("", 0, str(tmp_path / "mine.yaml")))


def test_an_unknown_grammar_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="Did you mean 'taught'"):
        next(drafts("", 0, "taugt"))
    with pytest.raises(BadRequest, match="cannot be read"):
        next(drafts("", 0, str(tmp_path / "gone.yaml")))
    assert {one.stem for one in FOLDER.iterdir()} == {TAUGHT, WHOLE}


@pytest.mark.parametrize(
    "right",
    [
        "an owl", "a unicorn", "an hour", "an honest fox", "a ukulele", "an ukiyo-e print", "an 8k photo", "a 35mm photo", "an 1890s photo",
        "a 1920s poster", "a uniform", "an uninhabited island", "a European owl", "a one-eyed cat", "an umbrella", "a utensil", "an MRI",
        "an Edo castle", "a used car", "an usher", "a euro", "an unusual fox",
    ],
)  # fmt: skip
def test_articles(right: str) -> None:
    assert articled(right) == right
    if not right.split()[1].isupper():
        first, rest = right.split(maxsplit=1)
        assert articled(f"{'a' if first == 'an' else 'an'} {rest}") == right
