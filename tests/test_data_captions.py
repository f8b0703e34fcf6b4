"""Captions say what is so; contrasts change one thing of it."""

from __future__ import annotations

import random
from dataclasses import fields

from drawings import CONCEPTS

from reverie.data.captions import Facts, article, contrast, plural, sentence
from reverie.data.words import COLOUR_SYNONYMS, COLOURS, GROUNDS, STYLES

FULL = Facts("house", colour="blue", ground="grass", style="neon")


def said(facts: Facts, count: int = 60) -> set[str]:
    return {sentence(facts, random.Random(seed)) for seed in range(count)}


def test_everything_that_is_set_is_said_and_in_more_than_one_way() -> None:
    found = said(FULL)
    assert len(found) > 20
    for text in found:
        assert "house" in text
        assert any(word in text for word in ("blue", *COLOUR_SYNONYMS["blue"]))
        assert any(word in text for word in GROUNDS["grass"])
        assert any(word in text for word in STYLES["neon"])


def test_what_is_empty_stays_unsaid() -> None:
    words = {word for text in said(Facts("house")) for word in text.split()}
    assert words <= {"a", "the", "house", "picture", "painting", "image", "drawing", "illustration", "an", "of"}


def test_two_of_a_thing_two_things_and_pieces() -> None:
    assert all("two boxes" in text for text in said(Facts("box", second="box")))
    assert all("box" in text and "an owl" in text for text in said(Facts("box", second="owl")))
    assert all("house" in text and any(w in text for w in ("pieces", "jumbled", "parts")) for text in said(Facts("house", jumbled=True)))
    assert all("background" in text or "on " in text for text in said(Facts("house", ground="blue")))


def test_grammar() -> None:
    assert (article("owl"), article("house"), article("glasses"), article("dress")) == ("an owl", "a house", "glasses", "a dress")
    assert (plural("box"), plural("owl"), plural("glasses"), plural("dress"), plural("brush")) == (
        "boxes", "owls", "glasses", "dresses", "brushes",
    )  # fmt: skip


def changed(facts: Facts, seed: int) -> list[str]:
    other = contrast(facts, CONCEPTS, random.Random(seed))
    return [field.name for field in fields(Facts) if getattr(other, field.name) != getattr(facts, field.name)]


def test_a_contrast_changes_exactly_one_thing() -> None:
    for facts in (FULL, Facts("owl"), Facts("owl", second="box"), Facts("owl", second="owl", ground="red"), Facts("owl", jumbled=True)):
        all_changed = [changed(facts, seed) for seed in range(200)]
        assert all(len(one) == 1 for one in all_changed)
    assert {one for seed in range(200) for one in changed(FULL, seed)} == {"subject", "colour", "ground", "style"}


def test_a_contrasting_ground_is_of_the_same_sort() -> None:
    for seed in range(100):
        assert contrast(Facts("owl", ground="red"), CONCEPTS, random.Random(seed)).ground in COLOURS
        assert contrast(Facts("owl", ground="sand"), CONCEPTS, random.Random(seed)).ground in GROUNDS
