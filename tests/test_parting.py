"""Long texts in parts: none too long, nothing left out, and parted where a reader would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reverie.parting import parts


def words(text: str) -> int:
    return len(text.split())


def letters(text: str) -> int:
    return len(text)


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert parts("  a fox,  a hare ", 4, words) == ["  a fox,  a hare "]
    assert parts("a b c d e", 0, words) == ["a b c d e"]
    assert parts("", 4, words) == [""]


def test_sentences_then_phrases_then_words() -> None:
    assert parts("A red fox runs. The snow is deep.", 4, words) == ["A red fox runs.", "The snow is deep."]
    assert parts("a red fox, a grey hare, snow", 4, words) == ["a red fox", "a grey hare, snow"]
    assert parts("one two three four five", 2, words) == ["one two", "three four", "five"]
    assert parts("Short. Also this, and then a long phrase without end", 4, words) == [
        "Short. Also this",
        "and then a long",
        "phrase without end",
    ]


def test_a_word_that_is_too_long_is_halved() -> None:
    assert parts("abcdefgh", 4, letters) == ["abcd", "efgh"]
    assert "".join(parts("雪の中の赤い狐が走る", 4, letters)) == "雪の中の赤い狐が走る".replace(" ", "")


@given(st.text(max_size=80), st.integers(1, 12))
def test_no_part_is_too_long_and_no_word_is_lost(text: str, limit: int) -> None:
    found = parts(text, limit, words)
    assert all(words(part) <= limit for part in found)
    kept = "".join(" ".join(found).split())
    assert all(letter in kept for letter in "".join(text.split()) if letter.isalnum())
