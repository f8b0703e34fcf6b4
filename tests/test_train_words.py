"""Words before pictures: what is alike has codes that lean together, and the tower learns to say them."""

from __future__ import annotations

import torch
from drawings import CONCEPTS, icons

from reverie.data.captions import Facts
from reverie.nets.miniclip import MiniCLIPConfig, TextTower
from reverie.train.clip import vocabulary
from reverie.train.words import Meanings, teach


def test_meanings_are_unit_vectors_that_follow_the_facts() -> None:
    meanings = Meanings(icons(), 64)
    facts = [Facts(concept.name) for concept in CONCEPTS]
    facts += [Facts("owl", colour="red"), Facts("owl", second="owl"), Facts("owl", second="box"), Facts("owl", jumbled=True)]
    codes = meanings(facts)
    assert codes.shape == (9, 64) and torch.allclose(codes.norm(dim=1), torch.ones(9))
    assert torch.equal(codes, Meanings(icons(), 64)(facts))
    cosines = codes @ codes[3]
    assert cosines[5] > 0.7 and cosines[6] > 0.7, "a red owl and two owls are owls"
    assert 0.4 < cosines[7] < 0.95 and 0.2 < cosines[8] < 0.8, "so is half of a pair, and less so a jumble"
    assert (cosines[[0, 1, 2, 4]] < 0.4).all()


def test_the_tower_learns_what_words_mean() -> None:
    tokens = vocabulary(icons())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        text = TextTower(MiniCLIPConfig(dim=32, vocabulary=len(tokens.pieces), text_width=32, text_layers=1))
    early = teach(text, tokens, icons(), steps=2, batch=32)
    late = teach(text, tokens, icons(), steps=80, batch=32)
    assert late > early + 0.3
