"""Teach a picture's facts one at a time: which thing, which ground, which colour, which style.

Sentences alone leave the hardest fact for last: nearly every wrong sentence of a batch differs in its ground or colour
as well, so a tower that sees only those is nearly always right, and whether it is an apple or a pear is never asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.captions import Facts
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.train.words import Meanings

UNSAID = -100  # cross_entropy's own mark for a target that does not count
# What one right answer is worth beside the sentence's; the thing itself is the hardest and matters most. Of ground, colour and
# style the ground was known worst (78 %, at 0.25 for each) and rose to 83 % in the sitting that gave it 0.8.
THING, TRAITS = 1.0, (0.8, 0.25, 0.25)


class Answers(NamedTuple):
    """What is true of each picture of a batch."""

    things: Tensor  # [B,N], the share of each thing; all zero where the picture is a jumble of parts
    kin: Tensor  # bool [B,N], things that may be meant as well, so that nothing is learnt of them
    traits: Tensor  # int64 [B,3], which ground, colour and style, or UNSAID

    def to(self, device: torch.device) -> Answers:
        return Answers(*(tensor.to(device) for tensor in self))


def answers(facts: Sequence[Facts], names: Sequence[str]) -> Answers:
    """The facts as targets; ``names`` number the things."""
    number = {name: i for i, name in enumerate(names)}
    things = torch.zeros(len(facts), len(names))
    kin = torch.zeros(len(facts), len(names), dtype=torch.bool)
    for i, fact in enumerate(facts):
        shown = {fact.subject, fact.second} - {""}
        kin[i] = torch.tensor([name not in shown and akin(name, shown) for name in names])
        if not fact.jumbled:
            things[i, [number[name] for name in shown]] = 1 / len(shown)
    options = (tuple((*COLOURS, *GROUNDS)), tuple(COLOURS), tuple(STYLES))
    said = [[fact.ground, fact.colour, fact.style] for fact in facts]
    traits = [[pool.index(word) if word else UNSAID for word, pool in zip(row, options, strict=True)] for row in said]
    return Answers(things, kin, torch.tensor(traits))


def akin(name: str, shown: set[str]) -> bool:
    """Whether a name may be true of what is shown: "apple" of a red apple, "cat face" of a cat."""
    return any(name == one or name in one.split() or one in name.split() for one in shown)


class Examiner:
    """Asks where pictures point, among the codes that the words were taught to point to."""

    def __init__(self, meanings: Meanings, device: torch.device) -> None:
        self.things = torch.stack(list(meanings.things.values())).to(device)
        grounds = torch.stack([meanings.grounds[word] for word in (*COLOURS, *GROUNDS)])
        colours, styles = (torch.stack([meanings.others[word] for word in words]) for words in (COLOURS, STYLES))
        self.traits = [codes.to(device) for codes in (grounds, colours, styles)]

    def __call__(self, seen: Tensor, wanted: Answers, scale: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of unit vectors [B,dim] and the share of things that were named right."""
        logits = (scale * seen @ self.things.T).masked_fill(wanted.kin, -1e4)
        counts = wanted.things.sum(1)
        told = counts.sum().clamp_min(1.0)
        loss = THING * -(wanted.things * logits.log_softmax(1)).sum() / told
        for codes, trait, worth in zip(self.traits, wanted.traits.T, TRAITS, strict=True):
            wrong = F.cross_entropy(scale * seen @ codes.T, trait, ignore_index=UNSAID, reduction="sum")
            loss = loss + worth * wrong / (trait != UNSAID).sum().clamp_min(1)
        named = wanted.things.gather(1, logits.argmax(1, keepdim=True)).squeeze(1) > 0
        return loss, named.sum() / told
