"""Plain scenes: one drawing in the middle, upright and unbent, on the ground that the words name or on paper.

What the sketch learns from: here words and picture must belong together as closely as they can.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.captions import Facts, sentence
from reverie.data.grounds import ground
from reverie.data.icons import Icons
from reverie.data.scenes import recolour
from reverie.data.styles import apply_style
from reverie.data.words import COLOURS, GROUNDS, STYLES

PAPER = (0.95, 0.94, 0.90)


@dataclass(frozen=True)
class Plain:
    """``images`` [B,3,S,S] in 0..1, what to call them, and which of a thing's drawings was used."""

    images: Tensor
    captions: list[str]
    hands: Tensor


class PlainMaker:
    """Draws batches of plain scenes of side ``size``; the same seed and step draw the same batch."""

    def __init__(self, icons: Icons, size: int, hands: int, seed: int) -> None:
        self.icons, self.size, self.hands, self.seed = icons, size, hands, seed
        self.by_concept = [torch.nonzero(icons.concept == c).flatten().tolist() for c in range(len(icons.concepts))]
        self.number = {concept.name: i for i, concept in enumerate(icons.concepts)}

    def __call__(self, count: int, step: int) -> Plain:
        dice = random.Random(f"plain {self.seed}/{step}")
        rng = torch.Generator().manual_seed(dice.getrandbits(62))
        facts = [self._imagine(dice) for _ in range(count)]
        hands = torch.tensor([dice.randrange(self.hands) for _ in facts])
        images = torch.cat([self._scene(fact, int(hand), rng) for fact, hand in zip(facts, hands, strict=True)])
        captions = [sentence(self._said(fact, dice), dice) for fact in facts]
        return Plain(F.interpolate(images, size=(self.size, self.size), mode="area").clamp(0, 1), captions, hands)

    def _imagine(self, dice: random.Random) -> Facts:
        name = dice.choice(self.icons.concepts).name
        roll = dice.random()
        second = "" if roll > 0.05 else name if roll < 0.02 else dice.choice(self.icons.concepts).name
        coloured = second or any(word in COLOURS for word in name.split())
        grounds = ("", list(COLOURS), list(GROUNDS))[dice.choice((0, 0, 1, 2))]
        return Facts(
            subject=name,
            colour="" if coloured or dice.random() < 0.82 else dice.choice(list(COLOURS)),
            second=second,
            ground=dice.choice(grounds) if grounds else "",
            style=dice.choice(list(STYLES)) if dice.random() < 0.06 else "",
        )

    def _said(self, facts: Facts, dice: random.Random) -> Facts:
        keywords = self.icons.concepts[self.number[facts.subject]].keywords
        if keywords and not facts.second and dice.random() < 0.06:
            return Facts(dice.choice(keywords), facts.colour, "", facts.ground, facts.style)
        return facts

    def _scene(self, facts: Facts, hand: int, rng: torch.Generator) -> Tensor:
        side = 2 * self.size
        if facts.ground in COLOURS or not facts.ground:
            image = torch.tensor(COLOURS.get(facts.ground, PAPER)).view(1, 3, 1, 1).expand(1, 3, side, side).clone()
        else:
            image = ground(facts.ground, 1, side, rng)
        whole = round(0.86 * side)
        if facts.second:
            half = round(0.5 * side)
            self._paste(image, facts.subject, "", hand, (side // 2 - half // 2, 0, half))
            self._paste(image, facts.second, "", hand, (side // 2 - half // 2, side - half, half))
        else:
            self._paste(image, facts.subject, facts.colour, hand, ((side - whole) // 2, (side - whole) // 2, whole))
        return apply_style(facts.style, image, rng) if facts.style else image

    def _paste(self, image: Tensor, name: str, colour: str, hand: int, box: tuple[int, int, int]) -> None:
        rows = self.by_concept[self.number[name]]
        drawn = self.icons.pictures[rows[hand % len(rows)]][None].float() / 255
        drawn = F.interpolate(drawn, size=(box[2], box[2]), mode="area")
        if colour:
            drawn = recolour(drawn, colour)
        place = image[..., box[0] : box[0] + box[2], box[1] : box[1] + box[2]]
        place.copy_(place * (1 - drawn[:, 3:]) + drawn[:, :3])
