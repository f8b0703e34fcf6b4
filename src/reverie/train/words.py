"""Teach the text tower what words mean before any picture is seen: every fact has a code, a sentence is their sum.

A tower that learns words and pictures at once, from scratch and under attack, learns colours and backgrounds and takes
all things for one (the names' mean cosine stayed at 0.97). Told first which words tell things apart, the image tower
has a well-parted target for each of them. Things that share keywords ("animal", "fruit") have codes that lean together.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.captions import Facts, sentence
from reverie.data.icons import Icons
from reverie.data.scenes import SceneMaker
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.nets.miniclip import TextTower
from reverie.tokens import Tokenizer

# How much each fact counts beside the thing itself.
COLOUR, GROUND, STYLE, TWO, JUMBLED = 0.55, 0.45, 0.5, 0.5, 1.5
SYNONYMS = 0.35  # of the sentences speak of a thing by a word that was never drawn


class Meanings:
    """Facts to unit vectors [N,dim]: random codes, the same for the same words.

    They do not follow a training's seed, since one that goes on ``--from`` other weights must ask for the codes that these learnt.
    """

    def __init__(self, icons: Icons, dim: int) -> None:
        self.rng = torch.Generator().manual_seed(0)
        keywords = self._codes(sorted({word for concept in icons.concepts for word in concept.keywords}), dim)
        own = self._codes([concept.name for concept in icons.concepts], dim)
        self.things = {}
        for concept in icons.concepts:
            kin = [keywords[word] for word in concept.keywords]
            lean = F.normalize(torch.stack(kin).sum(0), dim=0) if kin else torch.zeros(dim)
            self.things[concept.name] = F.normalize(own[concept.name] + 0.5 * lean, dim=0)
        self.blends = {word: self._blend(near) for word, near in icons.synonyms.items()}
        # A blue horse is not a horse on blue: what colours the ground has a code of its own.
        self.grounds = self._codes([*COLOURS, *GROUNDS], dim)
        self.others = self._codes([*COLOURS, *STYLES, "two", "jumbled"], dim)

    def _blend(self, near: Mapping[str, float]) -> Tensor:
        return F.normalize(torch.stack([weight * self.things[name] for name, weight in near.items()]).sum(0), dim=0)

    def _codes(self, words: Iterable[str], dim: int) -> dict[str, Tensor]:
        return {word: F.normalize(torch.randn(dim, generator=self.rng), dim=0) for word in words}

    def __call__(self, facts: Sequence[Facts]) -> Tensor:
        return F.normalize(torch.stack([self._sum(fact) for fact in facts]), dim=1)

    def _sum(self, fact: Facts) -> Tensor:
        total = (self.blends if fact.subject in self.blends else self.things)[fact.subject].clone()
        if fact.second and fact.second != fact.subject:
            total = F.normalize(total + self.things[fact.second], dim=0)
        for word, weight, codes in (
            (fact.colour, COLOUR, self.others),
            (fact.ground, GROUND, self.grounds),
            (fact.style, STYLE, self.others),
        ):
            if word:
                total += weight * codes[word]
        if fact.second == fact.subject:
            total += TWO * self.others["two"]
        return total + JUMBLED * self.others["jumbled"] if fact.jumbled else total


def teach(text: TextTower, tokens: Tokenizer, icons: Icons, steps: int = 1500, batch: int = 256, seed: int = 0) -> float:
    """Train the text tower alone until its sentences point where their facts do; gives the last mean cosine."""
    meanings, synonyms = Meanings(icons, text.head.out_features), list(icons.synonyms)
    maker = copy.copy(SceneMaker(icons, 64, seed))
    optimiser = torch.optim.AdamW(text.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps, pct_start=0.1)
    cosine = torch.zeros(())
    for step in range(steps):
        maker.dice = dice = random.Random(f"words {seed}/{step}")
        spoken, meant = zip(*(_spoken(maker, synonyms) for _ in range(batch)), strict=True)
        target = meanings(meant)
        pieces = torch.tensor(tokens([sentence(said, dice) for said in spoken], dice))
        read = F.normalize(text(pieces).float(), dim=1)
        # Telling a sentence's meaning among the batch's parts the things early; the cosine then brings each home.
        told = F.cross_entropy(20 * read @ target.T, torch.arange(batch))
        cosine = (read * target).sum(1).mean()
        optimiser.zero_grad(set_to_none=True)
        (1 - cosine + 0.1 * told).backward()
        optimiser.step()
        schedule.step()
    optimiser.zero_grad(set_to_none=True)  # what is left here would count wherever the whole network's gradient is measured
    return cosine.item()


def _spoken(maker: SceneMaker, synonyms: Sequence[str]) -> tuple[Facts, Facts]:
    """What is said of a scene, and what is meant by it: a keyword stands for its thing, a synonym for what it is like."""
    dice, facts = maker.dice, maker.imagine()
    said = maker.partly(facts)
    if synonyms and not facts.second and dice.random() < SYNONYMS:
        said = replace(said, subject=dice.choice(synonyms))
        return said, said
    return said, replace(said, subject=facts.subject)
