"""Words that nobody drew: what they are like, by any encoder of sentences, and what training makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from drawings import CONCEPTS, icons
from torch import Tensor
from torch.nn.functional import normalize

from reverie.data.captions import Facts
from reverie.data.concepts import Concept
from reverie.data.icons import Icons
from reverie.data.synonyms import SURE, likenesses
from reverie.nets.miniclip import MiniCLIPConfig, TextTower
from reverie.train.clip import vocabulary
from reverie.train.words import Meanings, teach

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def spelled(texts: Sequence[str]) -> Tensor:
    """An encoder that knows spelling: counts of pairs of letters."""
    rows = torch.zeros(len(texts), 26, 26)
    for row, text in zip(rows, texts, strict=True):
        letters = [LETTERS.index(c) for c in text.lower() if c in LETTERS]
        for pair in zip(letters, letters[1:], strict=False):
            row[pair] += 1
    return normalize(rows.flatten(1), dim=1)


THINGS = (Concept("sailboat", ("sea",)), Concept("horse"), Concept("banana"))


def test_a_word_is_like_what_the_encoder_finds_near() -> None:
    found = likenesses(THINGS, ["sailboats", "sea", "horse", "horses", "xyzzy"], spelled)
    assert set(found) == {"sailboats", "horses"}, "not what was drawn, a keyword, or like nothing"
    assert max(found["horses"], key=lambda name: found["horses"][name]) == "horse"
    assert all(0.9 < sum(near.values()) <= 1.01 for near in found.values())
    assert likenesses(THINGS, ["sea"], spelled) == {}


def test_what_it_is_not_sure_of_is_left_out() -> None:
    assert 0 < SURE < 1
    assert likenesses(THINGS, ["hum"], spelled) == {}


def test_icons_carry_synonyms_to_the_training(tmp_path: Path) -> None:
    told = replace(icons(), synonyms={"crate": {"box": 0.7, "owl": 0.3}})
    told.save(tmp_path / "icons.safetensors")
    read = Icons.load(tmp_path / "icons.safetensors")
    assert read.synonyms == {"crate": {"box": 0.7, "owl": 0.3}}
    assert read.fingerprint() != icons().fingerprint() == replace(icons(), synonyms={}).fingerprint()


def test_a_synonym_means_a_blend_of_what_it_is_like() -> None:
    told = replace(icons(), synonyms={"crate": {"box": 0.8, "owl": 0.2}})
    codes = Meanings(told, 64)([Facts("crate"), Facts("box"), Facts("owl")])
    assert codes[0] @ codes[1] > codes[0] @ codes[2] > codes[1] @ codes[2]
    assert torch.equal(codes[1:], Meanings(icons(), 64)([Facts("box"), Facts("owl")])), "the things themselves stay"


@pytest.mark.parametrize("word", ["crate"])
def test_the_tower_learns_synonyms(word: str) -> None:
    told = replace(icons(), synonyms={word: {"box": 1.0}})
    tokens, names = vocabulary(told), [concept.name for concept in CONCEPTS]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        text = TextTower(MiniCLIPConfig(dim=32, vocabulary=len(tokens.pieces), text_width=32, text_layers=1))
    teach(text, tokens, told, steps=120, batch=32)
    with torch.no_grad():
        read = normalize(text(torch.tensor(tokens([word, *names]))), dim=1)
    assert names[int((read[1:] @ read[0]).argmax())] == "box"
