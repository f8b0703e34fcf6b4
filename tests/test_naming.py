"""File names from prompts: readable, safe, free."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie import Dream
from reverie.naming import free_name, name_of, numbered, readable_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a red fox", "a-red-fox"),
        ("Knights in Black Armour; oil painting; 4k", "Knights-in-Black-Armour-oil-painting-4k"),
        ("夜の城", "夜の城"),
        ("ağaç", "ağaç"),
        ("ag\u0306ac\u0327", "ağaç"),
        ("лиса в лесу", "лиса-в-лесу"),
        ("किला", "किला"),
        ("قلعة", "قلعة"),
        ("a 🍎", "a-🍎"),
        ("Georgia O'Keeffe’s flowers", "Georgia-OKeeffes-flowers"),
        ("http://x/y.png", "http-x-y-png"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden. ", "hidden"),
        ("-rf", "rf"),
        ("a\x00b\nc\u202egnp", "a-b-cgnp"),
        ("C:\\foo", "C-foo"),
        ('<>:"/\\|?*', "dream"),
        ("", "dream"),
        ("con", "dream-con"),
        ("LPT1", "dream-LPT1"),
        ("com¹", "dream-com¹"),
        ("console", "console"),
        ("a\udcffb", "a-b"),
    ],
)
def test_readable_in_any_script(text: str, name: str) -> None:
    assert readable_name(text) == name


def test_long_names_end_between_words() -> None:
    name = readable_name("a very long prompt " * 20)
    assert 40 < len(name) <= 80
    assert name.split("-")[-1] in ("a", "very", "long", "prompt")
    assert readable_name("x" * 300) == "x" * 80
    assert readable_name("城" * 300) == "城" * 60
    assert readable_name("w" * 80 + " more") == "w" * 80


def test_letters_keep_their_marks() -> None:
    assert readable_name("x" * 79 + "q\u0301\u0302") == "x" * 79


@given(st.text())
def test_names_are_safe_everywhere(text: str) -> None:
    name = readable_name(text)
    assert 0 < len(name) <= 80 and len(name.encode()) <= 180
    assert not set(name) & set('/\\:*?"<>|.\0 ') and name.isprintable()
    assert name[0] != "-" and name[-1] != "-"
    assert readable_name(name) == name


def test_a_dream_is_named_after_what_it_should_be_like() -> None:
    assert name_of(Dream("a fox | fog:-1 | in snow:0.5")) == "a-fox-in-snow"
    assert name_of(Dream("fog:-1")) == "fog"


def test_numbers_follow_the_name() -> None:
    names = numbered(Path("a/b.c.png"))
    assert [next(names) for _ in range(3)] == [Path("a/b.c.png"), Path("a/b.c-2.png"), Path("a/b.c-3.png")]


def test_a_free_name_is_one_that_nothing_has(tmp_path: Path) -> None:
    assert free_name(tmp_path, "a fox", ".png") == tmp_path / "a-fox.png"
    (tmp_path / "a-fox.png").touch()
    (tmp_path / "a-fox-2.png").symlink_to(tmp_path / "nowhere")
    assert free_name(tmp_path, Dream("a fox"), ".png") == tmp_path / "a-fox-3.png"
    assert free_name(tmp_path, "a fox", ".webp") == tmp_path / "a-fox.webp"
    (tmp_path / "a-fox").mkdir()
    assert free_name(tmp_path, "a fox", "") == tmp_path / "a-fox-2"
