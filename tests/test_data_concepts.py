"""The selection rules, applied to a hand-made excerpt of emojibase."""

from __future__ import annotations

from typing import Any

import pytest

from reverie.data.concepts import Concept, choose, kept_apart, plain, rules

SUBGROUPS = {"1": "animal-mammal", "2": "food-fruit", "3": "time", "4": "face"}


def entry(label: str, subgroup: int = 1, group: int = 3, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"label": label, "subgroup": subgroup, "group": group, "tags": list(tags)}


EMOJI = [
    entry("red apple", 2, 4, ("fruit", "red", "apple")),
    entry("green apple", 2, 4, ("fruit", "green", "apple")),
    entry("cat", tags=("pet",)),
    entry("black cat", tags=("pet", "unlucky")),
    entry("guide dog"),
    entry("honeybee", tags=("bee", "insect", "ox")),
    entry("Mrs. Claus", 4, 1),
    entry("alarm clock", 3, 5),
    entry("six o’clock", 3, 5),
    entry("horse"),
]


@pytest.fixture
def chosen() -> dict[str, Concept]:
    return {concept.name: concept for concept in choose(EMOJI, SUBGROUPS) if concept.labels}


def test_what_is_chosen(chosen: dict[str, Concept]) -> None:
    assert set(chosen) == {"apple", "red apple", "green apple", "cat", "bee", "alarm clock", "horse"}


def test_merging_makes_one_of_several_and_a_kind_stays_itself(chosen: dict[str, Concept]) -> None:
    assert chosen["apple"].labels == ("red apple", "green apple")
    assert chosen["red apple"].labels == ("red apple",)
    assert chosen["cat"].labels == ("cat", "black cat")


def test_keywords_are_those_of_every_drawing(chosen: dict[str, Concept]) -> None:
    assert chosen["apple"].keywords == ("fruit",)  # neither red nor green, nor its own name
    assert chosen["cat"].keywords == ("pet",)
    assert chosen["bee"].keywords == ("insect",)  # nor words of two letters


def test_renamed(chosen: dict[str, Concept]) -> None:
    assert chosen["bee"].labels == ("honeybee",)


def test_names_are_unique_and_plain() -> None:
    names = [concept.name for concept in choose(EMOJI, SUBGROUPS)]
    assert len(names) == len(set(names))
    assert plain("Mrs. Claus’s T-Rex!") == "mrs clauss t-rex"


def test_rules_do_not_contradict_themselves() -> None:
    rule = rules()
    assert set(rule["kinds"]) <= set(rule["merge"])
    assert not set(rule["include"]) & set(rule["exclude"])


def test_what_is_kept_apart_is_always_the_same_and_drawn_alone() -> None:
    concepts = [Concept(f"thing {number}", (), (f"drawing {number}",)) for number in range(38)]
    concepts += [Concept("apple", (), ("red apple", "green apple")), Concept("red apple", (), ("red apple",))]
    few, many = kept_apart(concepts, 0.1), kept_apart(concepts[::-1], 0.5)
    assert len(few) == 4 and few < many and len(many) == 20
    assert kept_apart(concepts, 0) == set() and not {"apple", "red apple"} & kept_apart(concepts, 1)
