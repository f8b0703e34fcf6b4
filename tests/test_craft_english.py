"""Spelling and languages: what is told, and that ordinary words, names and the library's own are left alone."""

from __future__ import annotations

import pytest
import torch

from reverie import registry
from reverie.bench.prompts import PROMPTS
from reverie.craft.english import foreign, hints
from reverie.craft.library import modifiers

NAMES = (
    "a castle by James Gurney, trending on artstation", "a portrait of Frida Kahlo in the style of ukiyo-e", "Dalí", "Mont Saint-Michel",
    "a croissant and a café au lait", "fin de siècle Paris", "Notre-Dame de Paris at night", "wabi-sabi teahouse", "Casa Batlló by Gaudí",
    "matte painting of a cyberpunk city, rendered in unreal engine, 4k", "A Cute, smiling, Nerdy Rodent", "the neighbourhood's colours",
    "a watercolour of travelling theatres", "don't, couldn't, won't", "12:30", "🦊", "",
)  # fmt: skip


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    known: frozenset[str] = registry.build("perceptor", "mini", {}, torch.device("cpu")).known()
    return known


def test_nothing_is_said_of_what_is_right(known: frozenset[str]) -> None:
    library = [f"a castle, {one.words}" for one in modifiers()]
    told = {text: (foreign(text), hints(text, known)) for text in (*PROMPTS, *NAMES, *library)}
    assert not {text: said for text, said in told.items() if any(said)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a pyrmaid", [("pyrmaid", "pyramid")]),
        ("watercolr of a lighthuse", [("watercolr", "watercolor"), ("lighthuse", "lighthouse")]),
        ("a catsle and a dragn", [("catsle", "castle"), ("dragn", "dragon")]),
        ("Pyrmaid at night", [("Pyrmaid", "pyramid")]),
        ("a portrait of Pyrmaid", []),
        ("a statue of Zorblaxo", []),
    ],
)
def test_hints(known: frozenset[str], text: str, said: list[tuple[str, str]]) -> None:
    assert hints(text, known) == said


def test_words_that_only_the_perceptor_knows_are_no_mistakes() -> None:
    assert hints("a pyrmaid", frozenset({"pyrmaid"})) == []


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("ein roter Fuchs im Schnee", "German"),
        ("un renard rouge dans la neige", "French"),
        ("un zorro rojo en la nieve", "Spanish"),
        ("una volpe rossa nella neve", "Italian"),
        ("een rode vos in de sneeuw", "Dutch"),
        ("uma raposa vermelha na neve", "Portuguese"),
        ("ett slott på en kulle vid solnedgången", "another language than English"),
        ("рыжая лиса в снегу", "Cyrillic letters"),
        ("雪の中の赤い狐", "Japanese"),
        ("雪地里的红狐狸", "Chinese"),
        ("눈 속의 붉은 여우", "Korean"),
        ("ثعلب أحمر", "Arabic letters"),
        ("a fox in the style of 北斎", ""),
    ],
)
def test_languages(text: str, tongue: str) -> None:
    assert foreign(text) == tongue
