"""The tokenizer: pieces are learnt from texts, everything is read, nothing is too strange."""

from __future__ import annotations

import random

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from reverie.tokens import PAD, UNKNOWN, Tokenizer, words


def spelt(tokenizer: Tokenizer, text: str) -> str:
    return "".join(tokenizer.pieces[number] for number in tokenizer.pieces_of(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A red Fox", ["a", "red", "fox"]),
        ("Crème brûlée!", ["creme", "brulee", "!"]),
        ("snake_case  and\ttabs\n", ["snake", "case", "and", "tabs"]),
        ("лиса и 狐狸", ["лиса", "и", "狐狸"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("ＦＵＬＬ ﬁne", ["full", "fine"]),
        ("20℃", ["20", "°", "c"]),
        ("it's", ["it", "'", "s"]),
        ("🦊🦊", ["🦊", "🦊"]),
        ("", []),
        (" _ ", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_frequent_words_become_one_piece() -> None:
    tokenizer = tiny.tokenizer()
    assert len(tokenizer.pieces) == len(set(tokenizer.pieces)) == tiny.EYES.vocabulary
    assert tokenizer.pieces[:2] == ("<pad>", "<unk>")
    assert len(tokenizer.pieces_of("red")) == len(tokenizer.pieces_of("blue")) == 1
    assert spelt(tokenizer, "A red Fox") == " a red fox"


def test_unseen_words_fall_into_known_pieces() -> None:
    numbers = tiny.tokenizer().pieces_of("zyzzyva 1984")
    assert UNKNOWN not in numbers
    assert spelt(tiny.tokenizer(), "zyzzyva 1984") == " zyzzyva 1984"


def test_unknown_scripts_and_marks_are_read_as_unknown() -> None:
    numbers = tiny.tokenizer().pieces_of("fox 狐狸 !")
    assert numbers == [*tiny.tokenizer().pieces_of("fox"), UNKNOWN, UNKNOWN, UNKNOWN]


def test_marks_that_are_learnt_are_known() -> None:
    tokens = Tokenizer.learn(["a fox ; oil painting", "a fox | neon"], 100)
    assert UNKNOWN not in tokens.pieces_of("oil fox ; painting | neon")
    assert tokens.pieces_of(";") != tokens.pieces_of("|") and tokens.pieces_of("!") == [UNKNOWN]


def test_rows_are_padded_and_cut() -> None:
    tokenizer = tiny.tokenizer()
    short, empty, long = tokenizer(["fox", "", "red fox " * 20])
    assert len(short) == len(empty) == len(long) == tokenizer.length
    assert short[-1] == PAD and set(empty) == {PAD} and PAD not in long
    assert tokenizer.fits("red fox") and tokenizer.fits("") and not tokenizer.fits("red fox " * 20)


def test_learning_from_little_stops_early() -> None:
    tokenizer = Tokenizer.learn(["ab"], 1000)
    assert "ab" not in tokenizer.pieces and " ab" in tokenizer.pieces
    assert len(tokenizer.pieces) < 100


def test_learning_is_the_same_every_time() -> None:
    assert tiny.tokenizer().pieces == tiny.tokenizer().pieces


def test_dropout_splits_now_and_then_and_says_the_same() -> None:
    tokenizer, dice = tiny.tokenizer(), random.Random(0)
    whole = tokenizer.pieces_of("a red apple on a blue table")
    read = [tokenizer.pieces_of("a red apple on a blue table", dice) for _ in range(50)]
    assert any(numbers != whole for numbers in read)
    assert {"".join(tokenizer.pieces[n] for n in numbers) for numbers in read} == {" a red apple on a blue table"}


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    (row,) = tiny.tokenizer()([text])
    assert len(row) == tiny.EYES.length
    assert all(0 <= number < tiny.EYES.vocabulary for number in row)
