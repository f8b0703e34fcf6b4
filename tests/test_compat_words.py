"""The originals' prompts and stories as Reverie's."""

from __future__ import annotations

import pytest

from reverie.compat.words import phrases, reader, story, weighed
from reverie.errors import BadRequest


@pytest.mark.parametrize(
    ("given", "text", "weight", "stop"),
    [
        ("an apple", "an apple", 1, None),
        (" surreal:0.5 ", "surreal", 0.5, None),
        ("photo:-1", "photo", -1, None),
        ("fog:-1:-.95", "fog", -1, -0.95),
        ("fire:1:0", "fire", 1, 0),
        ("fire:2:-inf", "fire", 2, None),
        ("Alien: Covenant:2", "Alien: Covenant", 2, None),
        ("Blade Runner: 2049", "Blade Runner: 2049", 1, None),
        ("foo: bar", "foo: bar", 1, None),
        ("noon, 12:30", "noon, 12:30", 1, None),
        ("cat.jpg", "cat.jpg", 1, None),
        ("a house @left", "a house @left", 1, None),
    ],
)
def test_a_weight_is_a_number_at_the_last_colon(given: str, text: str, weight: float, stop: float | None) -> None:
    prompt, _ = weighed(given)
    assert (prompt.text, prompt.kind, prompt.weight, prompt.stop, prompt.region) == (text, "text", weight, stop, None)


def test_addresses_are_not_torn_apart() -> None:
    prompt, note = weighed("http://x/y.png:0.5", "picture")
    assert (prompt.text, prompt.kind, prompt.weight, note) == ("http://x/y.png", "picture", 0.5, "")
    assert weighed("http://x/y.png", "picture")[0].text == "http://x/y.png"


def test_what_looked_like_a_weight_is_said_to_be_text() -> None:
    assert "Blade Runner:2049.0" in weighed("Blade Runner: 2049")[1]
    assert not weighed("foo: bar")[1] and not weighed("fog:0.5")[1]
    with pytest.raises(BadRequest, match="empty"):
        weighed("  ")
    with pytest.raises(BadRequest, match="numbers such as"):
        weighed("fog:nan")


def test_phrases() -> None:
    assert [(prompt.text, prompt.weight) for prompt in phrases("a fox| a hen:2 |", weight=-1)] == [("a fox", -1), ("a hen:2", -1)]


def test_a_story_grows_word_by_word_and_keeps_what_can_be_read() -> None:
    words = "one two three four five six seven"
    assert story(words, 3, 2, "", lambda text: True) == ["one two three", "one two three four five", words]
    assert story(words, 3, 2, "", lambda text: len(text.split()) <= 4)[1:] == ["two three four five", "four five six seven"]
    assert story("one two", 5, 5, "", lambda text: True) == ["one two"]
    assert story(words, 3, 2, ".", lambda text: True)[0] == "one two three"  # which is not in it


def test_a_story_in_parts() -> None:
    assert story("A fox ran. It swam.", 5, 5, ".", lambda text: True) == ["A fox ran", "It swam"]
    with pytest.raises(BadRequest, match="alone"):
        story(" . .", 5, 5, ".", lambda text: True)


def test_tokens_are_counted_and_not_letters() -> None:
    """deep-daze dropped words from 77 letters on, where CLIP reads 77 tokens."""
    long = "a woman with a red hat and a small dog walks along the river in the morning light of spring"
    assert len(long) > 77 and reader("ViT-B/32")(long) and not reader("ViT-B/32")(" ".join([long] * 5))
    assert reader("mini")("a red fox") and not reader("mini")(" ".join([long] * 2))
