"""What is told before a dream is painted: once each, with the facts for programs, and nothing where all is well."""

from __future__ import annotations

import pytest
import tiny

from reverie import build
from reverie.craft.notes import Note, few, notes

LONG = "a red fox and a blue bird on a tree, stone and water, a castle"


def test_nothing_is_told_of_words_that_are_well(networks: tiny.Options) -> None:
    assert notes([tiny.dream(networks, "a red fox | a castle:2 | fog.png | noise(3)")], "cpu") == []


def test_long_texts_are_told_with_their_parts(networks: tiny.Options) -> None:
    (note,) = notes([tiny.dream(networks, LONG, seed=seed) for seed in range(3)], "cpu")
    assert note.kind == "long" and note.facts["limit"] == 8 and note.facts["perceptor"] == "mini" and note.facts["text"] == LONG
    assert note.facts["pieces"] > 8 and len(note.facts["parts"]) > 1 and "reads 8 at once" in note.line and "takes their mean" in note.line


def test_templates_blends_and_examples_are_looked_at_too(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, "a pyrmaid && a catsle", templates=["a {}"], more=["a lighthuse"], less=["рыжая лиса"])
    told = [(note.kind, note.facts.get("word") or note.facts["language"]) for note in notes([dream], "cpu") if note.kind != "long"]
    assert told == [("spelling", "pyrmaid"), ("spelling", "catsle"), ("spelling", "lighthuse"), ("language", "Cyrillic letters")]
    filled = [note.facts["text"] for note in notes([tiny.dream(networks, "a red fox", templates=[f"{LONG} {{}}"])], "cpu")]
    assert filled == [f"{LONG} a red fox"]


def test_a_perceptor_of_many_languages_reads_them(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    dream = tiny.dream(networks, "рыжая лиса")
    assert [note.kind for note in notes([dream], "cpu")][:1] == ["language"]
    eye = build.component("perceptor", "mini", dream, tiny.CPU)
    monkeypatch.setattr(type(eye), "multilingual", True)
    assert [note.kind for note in notes([dream], "cpu") if note.kind != "long"] == []


def test_people_are_told_few() -> None:
    told = [Note("long", f"l{i}") for i in range(3)] + [Note("spelling", f"s{i}") for i in range(7)]
    assert list(few(told)) == ["l0", "  (2 more such texts)", "s0", "s1", "s2", "s3", "s4", "  (2 more such texts)"]
    assert list(few([])) == []
