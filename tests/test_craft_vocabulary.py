from __future__ import annotations

from pathlib import Path

import pytest

from reverie.craft.vocabulary import Scene, lists, said
from reverie.errors import BadRequest


def test_a_scene_is_said_in_order() -> None:
    scene = Scene("owl").plus("style", "oil painting").plus("ground", "on grass").plus("colour", "red")
    assert str(scene) == "a red owl on grass, oil painting"
    assert str(Scene("owl")) == "an owl" and str(scene.plus("colour", "blue")).startswith("a blue owl")


def test_what_was_said_is_found_again() -> None:
    there = lists(("fox", "owl"), taught=True)
    found = said("a red fox on grass", there)
    assert (found["thing"], found["colour"], found["ground"]) == ("fox", "red", "on grass")


def test_who_was_taught_less_is_asked_less() -> None:
    taught, all_ = lists(("fox",), True), lists(("fox",), False)
    assert "style" in taught and "style" not in all_ and {"medium", "quality", "colours"} <= set(all_)
    assert all(len(phrases) == len(set(phrases)) for phrases in all_.values())


def test_own_lists(tmp_path: Path) -> None:
    file = tmp_path / "mood.txt"
    file.write_text("gloomy\n# not this\n\nmerry\n", encoding="utf-8")
    assert lists(("fox",), True, [file])["mood"] == ("gloomy", "merry")
    file.write_text("#\n", encoding="utf-8")
    with pytest.raises(BadRequest, match="no words in"):
        lists(("fox",), True, [file])
    with pytest.raises(BadRequest, match="cannot be read"):
        lists(("fox",), True, [tmp_path / "none.txt"])
