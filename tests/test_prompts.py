"""The prompt language: what stays text, what becomes a weight, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reverie.errors import BadRequest
from reverie.prompt import Part
from reverie.prompts import Prompt, explain, parse, show


def read(text: str) -> list[tuple[str, float, float | None]]:
    return [(prompt.text, prompt.weight, prompt.stop) for prompt in parse(text)]


def plain(*texts: str) -> list[tuple[str, float, float | None]]:
    return [(text, 1.0, None) for text in texts]


# What people typed into the programs of the time, each with what a reader takes it for.
SEEDS = {
    "Queen of Egypt facing defeat with the assistance of King Solomon; landscape epic deviantart": 1,
    "Knights in Black Armour fighting with sorcerers; oil painting; 4k": 1,
    "archangels Raphael and Michael cast the evil eye on him; fresco": 1,
    "A man with a gun, a woman and few cars in the background; movie poster; artstation": 1,
    "two guys with what looks like some kind of supernatural power; game poster; trending in artstation": 1,
    "Shiva the destroyer god | 4k | trending in artstation": 3,
    "a unicorn wearing a black armor | 4k | deviantart | artstation": 4,
    "a talking tree saying groot; rendered in unreal engine": 1,
    "the chimney of the sacred art gallery by James Gurney": 1,
    "A painting of an apple in a fruit bowl": 1,
    "a pyramid made of ice": 1,
    "a house in the forest": 1,
}


@pytest.mark.parametrize(("text", "count"), SEEDS.items())
def test_prompts_that_people_used(text: str, count: int) -> None:
    expected = plain(*(part.strip() for part in text.split("|")))
    assert len(expected) == count
    assert read(text) == expected


def test_four_prompts_of_the_time_with_weights() -> None:
    assert read("A painting of an apple in a fruit bowl | psychedelic | surreal:0.5 | weird:0.25") == [
        ("A painting of an apple in a fruit bowl", 1.0, None),
        ("psychedelic", 1.0, None),
        ("surreal", 0.5, None),
        ("weird", 0.25, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a clock at 12:30",
        "a clock at 12:30:45",
        "a lap in 1:23.45",
        "Batman: the movie",
        "Batman:the movie",
        "Blade Runner: 2049",
        "Blade Runner:2049",
        "John 3:16",
        "ratio:4:3",
        "a cat face :3",
        "a smile :-)",
        "surreal: 0.5",
        "a fox:",
        "http://example.com/a.png",
        "https://user:secret@example.com:8080/a;b,c?d=e:f",
        "a poster of http://localhost:80",
        "http://[::1]:80",
        "std::vector",
        'a sign that says "closed", in red; faded',
        '"Hello" said the fox',
        '"an opening quote',
        "it's 5'10\" tall",
        "C:\\pictures\\fox",
        "a backslash at the end\\",
        "ends with x:1.2.3",
        "夜の城：月",
    ],
)
def test_text_stays_text(text: str) -> None:
    assert read(text) == plain(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weird:2", ("weird", 2.0, None)),
        ("weird:100", ("weird", 100.0, None)),
        ("fog:-1", ("fog", -1.0, None)),
        ("fog:-500", ("fog", -500.0, None)),
        ("fog:+3", ("fog", 3.0, None)),
        ("fog:.5", ("fog", 0.5, None)),
        ("fog:1e-3", ("fog", 0.001, None)),
        ("off:0", ("off", 0.0, None)),
        ("fire:1:0.3", ("fire", 1.0, 0.3)),
        ("fog:-1:-0.8", ("fog", -1.0, -0.8)),
        ("  surreal:0.5  ", ("surreal", 0.5, None)),
        ("a fox :0.5", ("a fox", 0.5, None)),
        ("Batman: the movie:2", ("Batman: the movie", 2.0, None)),
        ("Blade Runner 2049:0.5", ("Blade Runner 2049", 0.5, None)),
        ("Blade Runner: 2049:-1", ("Blade Runner: 2049", -1.0, None)),
        ("a clock at 12:30:0.5", ("a clock at 12:30", 0.5, None)),
        ("http://x/y.png:0.5", ("http://x/y.png", 0.5, None)),
        ("http://x/y.png:2:0.4", ("http://x/y.png", 2.0, 0.4)),
        ("http://example.com:0.5", ("http://example.com", 0.5, None)),
        ('"1984":2', ("1984", 2.0, None)),
        ('"Blade Runner":2049:1', ("Blade Runner", 2049.0, 1.0)),
        ('"a | b: 0.5":0.5', ("a | b: 0.5", 0.5, None)),
    ],
)
def test_unmistakable_weights(text: str, expected: tuple[str, float, float | None]) -> None:
    assert read(text) == [expected]


def test_quotes_and_escapes() -> None:
    assert read(r'"a | b" | c \| d | e\:2 | "say \"hi\" \\ bye" | \"f\"') == plain("a | b", "c | d", "e:2", 'say "hi" \\ bye', '"f"')
    assert read('"  kept  "') == plain("  kept  ")
    assert read('"a" and "b | c"') == plain('"a" and "b', 'c"')


@pytest.mark.parametrize("text", ["", "   ", "\n", "|", "a |", "| a", "a || b", "a | | b", '""', '" "', '"":2', ":0.5", "a | :-1"])
def test_empty_prompts_are_refused(text: str) -> None:
    with pytest.raises(BadRequest, match=r"[Ee]mpty prompt"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["fox:nan", "fox:inf", "fox:-inf", "fox:Infinity", "fox:0,5", "fox:1.0e999", "fox:1:nan", '"fox":abc', '"fox":1:x']
)
def test_weights_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="of the prompt 'fox' is not a number"):
        parse(text)


def test_three_numbers_after_quotes_are_refused() -> None:
    with pytest.raises(BadRequest, match="3 numbers"):
        parse('"fox":1:2:3')


def test_what_is_not_unicode_is_refused() -> None:
    with pytest.raises(BadRequest, match="Unicode"):
        parse("fox \udcff")
    with pytest.raises(ValidationError, match="Unicode"):
        Prompt(text="fox \udcff")


def test_the_echo_names_text_weight_and_stop_on_one_line_each() -> None:
    assert explain(parse("fire:2:0.3 | fog:-1 | a fox")) == "fire  (weight 2, stop 0.3)\nfog  (weight -1)\na fox  (weight 1)"
    assert explain((Prompt(text="two\nlines \x1b[31m"),)) == "two\\nlines \\x1b[31m  (weight 1)"


def test_the_printer_is_as_plain_as_it_can_be() -> None:
    for text in ("a red fox", "a | b:0.5 | c:2:0.3", "Batman: the movie", "http://x/y.png:0.5", '"1984":2', '"a | b"'):
        assert show(parse(text)) == text


# Letters that mean something in the language come often, all others sometimes.
letters = st.one_of(st.sampled_from('|:"\\ \n0159.-+ae,/'), st.characters(codec="utf-8"))
texts = st.text(letters, min_size=1).filter(lambda text: bool(text.strip()))
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 200).map(float)
prompts = st.builds(Prompt, text=texts, weight=numbers, stop=st.none() | numbers)


@given(st.lists(prompts, min_size=1, max_size=4).map(tuple))
def test_what_is_printed_parses_to_the_same(given_prompts: tuple[Prompt, ...]) -> None:
    assert parse(show(given_prompts)) == given_prompts


@given(st.text(letters))
def test_any_text_parses_or_is_refused_in_words(text: str) -> None:
    try:
        found = parse(text)
    except BadRequest as error:
        assert str(error)
    else:
        assert parse(show(found)) == found
        assert len(explain(found).splitlines()) == len(found)


@pytest.mark.parametrize(
    ("text", "kind", "words", "region", "weight"),
    [
        ("cat.png", "picture", "cat.png", None, 1),
        ("my photos/a cat.JPG:0.5", "picture", "my photos/a cat.JPG", None, 0.5),
        ("https://x.org/y.webp:2", "picture", "https://x.org/y.webp", None, 2),
        ('"cat.png"', "text", "cat.png", None, 1),
        ("noise(7):0.3", "noise", "noise(7)", None, 0.3),
        ("noise", "text", "noise", None, 1),
        ("a fox @left", "text", "a fox", "left", 1),
        ("a fox:2 @left", "text", "a fox", "left", 2),
        ("ratio 4:3 @left", "text", "ratio 4:3", "left", 1),
        ("a fox @top-right:-0.5", "text", "a fox", "top-right", -0.5),
        ("cat.png @mask.png", "picture", "cat.png", "mask.png", 1),
        ("by @somebody", "text", "by @somebody", None, 1),
        ("mail me@left", "text", "mail me@left", None, 1),
        ('"1984"@left:2', "text", "1984", "left", 2),
        ('"a fox @left"', "text", "a fox @left", None, 1),
    ],
)
def test_pictures_noise_and_places(text: str, kind: str, words: str, region: str | None, weight: float) -> None:
    (prompt,) = parse(text)
    assert (prompt.kind, prompt.text, prompt.region, prompt.weight) == (kind, words, region, weight)
    assert parse(show([prompt])) == (prompt,)


def test_a_place_that_is_none_is_told() -> None:
    with pytest.raises(BadRequest, match="no region 'lef'"):
        parse('"a fox"@lef')


def test_files_are_named_and_left_behind() -> None:
    prompt, plain, web = parse("/tmp/a.png @/tmp/m.png | a fox @left | https://x.org/a/b.png")
    assert prompt.files() == {"text": "/tmp/a.png", "region": "/tmp/m.png"} and not plain.files() and not web.files()
    assert (prompt.portable().text, prompt.portable().region) == ("a.png", "m.png") and web.portable() == web


@pytest.mark.parametrize(
    ("text", "weight", "blend", "region"),
    [
        ("a castle && a ship:0.3", 1, (("a ship", 0.3),), None),
        ("a castle:0.5 && a ship:-0.5", 0.5, (("a ship", -0.5),), None),
        ("a && b && c:2 @left", 1, (("b", 1), ("c", 2)), "left"),
        ("a && b @left:2", 1, (("b", 2),), "left"),
        (r"a && 12\:30:0.5", 1, (("12:30", 0.5),), None),
    ],
)
def test_texts_are_blended(text: str, weight: float, blend: tuple[tuple[str, float], ...], region: str | None) -> None:
    (prompt,) = parse(text)
    assert (prompt.weight, tuple((part.text, part.weight) for part in prompt.blend), prompt.region) == (weight, blend, region)
    assert parse(show([prompt])) == (prompt,)


def test_what_is_no_blend() -> None:
    for text in ("black & white", "AT&&T", '"a && b"', "&& a", "a &&b"):
        (prompt,) = parse(text)
        assert not prompt.blend and prompt.text == text.strip('"') and parse(show([prompt])) == (prompt,)
    for text in ("a && ", " && a", "cat.png && a", "a && noise(3)", "a && b:1:0.3", "a && | b"):
        with pytest.raises(BadRequest, match="cannot be blended|empty prompt"):
            parse(text)
    for wrong in ({"text": "x.png", "kind": "picture"}, {"text": "a && b"}, {"text": "cat.png"}):
        with pytest.raises(ValidationError, match="texts alone can be blended"):
            Prompt.model_validate({**wrong, "blend": [{"text": "a"}]})


@pytest.mark.parametrize(("text", "weight"), [("x 2049", 2.0), ("at 12:30", 0.5), ("ftp://x", 80.0), ("a | b", -1.0), ("cat ", 3.0)])
def test_the_weights_of_a_blend_are_read_back(text: str, weight: float) -> None:
    prompt = Prompt(text=text.strip(), weight=weight, blend=(Part(text=text.strip(), weight=weight), Part(text="b")))
    assert parse(show([prompt])) == (prompt,)
    assert show([prompt]).count("&&") == 2


def test_all_that_a_prompt_asks_for() -> None:
    assert parse("a fox && a hare:0.5 && snow:-1")[0].words == "a fox, a hare"
    assert parse("fog:-1 && rain:-1 && sun")[0].words == "fog, rain"
    assert "a fox && a hare:0.5" in explain(parse("a fox && a hare:0.5"))
