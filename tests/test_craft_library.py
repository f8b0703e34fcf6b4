"""The modifier library: entries that are whole, and a search that finds them."""

from __future__ import annotations

import json
import re

import pytest

from reverie.craft.library import CATEGORIES, FOLDER, about, find, modifiers, named
from reverie.errors import BadRequest
from reverie.prompts import Prompt, parse


def test_every_file_is_a_category() -> None:
    assert {path.stem for path in FOLDER.glob("*")} == set(CATEGORIES)
    assert all(10 < len(about(category)) < 300 for category in CATEGORIES)
    assert all(len(find([category])) >= 20 for category in CATEGORIES)


def test_every_entry_is_whole_and_named_once() -> None:
    there = modifiers()
    assert len({one.name for one in there}) == len({one.words for one in there}) == len(there) > 200
    for one in there:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.name), one
        assert one.note.rstrip(")").endswith(".") and len(one.note) <= 160, one
        assert parse(one.words) == (Prompt(text=one.words),), f"{one}: its words mean something else in a prompt"


def test_no_name_is_in_two_files() -> None:
    """A JSON object would keep the last in silence."""
    pairs = [pair for path in FOLDER.glob("*.json") for pair in json.loads(path.read_text(), object_pairs_hook=list)[1][1]]
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)) == len(modifiers())


def test_artists_died_before_1950() -> None:
    for one in modifiers():
        assert bool(one.years) == (one.category == "artist")
        if one.years:
            born, died = (int(year) for year in re.findall(r"\d{4}", one.years))
            assert 1200 < born < died < 1950 and died - born < 100, one


def test_it_knows_what_the_built_in_models_were_taught() -> None:
    assert named("oil-painting").taught and named("starlight").taught and named("on-white").taught
    assert not named("trending-on-artstation").taught


def test_it_is_searched_by_category_and_words() -> None:
    assert {one.category for one in find(["Light"])} == {"light"}
    assert [one.name for one in find(["wave", "fuji"])] == ["hokusai"]
    assert named("kintsugi") in find(["japan"]) and not find(["unheard"])
    assert find() == list(modifiers())
    assert named("albrecht-durer") in find(["dürer"]) and named("albrecht-durer") in find(["durer"])


@pytest.mark.parametrize("words", ["trending on artstation", "deviantart", "4k", "ultra-realistic", "rendered in unreal engine"])
def test_the_words_of_2021_are_there(words: str) -> None:
    assert words in {one.words for one in modifiers()}


def test_an_unknown_one_is_told_with_what_is_close() -> None:
    assert named("Golden-Hour").words == "golden hour"
    with pytest.raises(BadRequest, match="Did you mean 'golden-hour'") as told:
        named("goldn-hour")
    assert "craft list" in str(told.value) and len(str(told.value)) < 300


@pytest.mark.parametrize(
    ("command", "name"), [("pastel", "pastel"), ("synthwave", "synthwave"), ("ukiyo", "ukiyo-e"), ("vibrant", "vibrant")]
)
def test_the_words_of_imogens_commands_are_there(command: str, name: str) -> None:
    assert command in named(name).words
