"""Endless captioned scenes, composed as tensors from a few drawings of each thing.

Variety is made here, not drawn: warps, recolouring, outlines, shading, grounds and style filters. Three to six
drawings of a thing are few, and a model that sees them bare learns the drawings' style instead of the thing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.captions import Facts, contrast, sentence
from reverie.data.grounds import clouds, ground
from reverie.data.icons import Icons
from reverie.data.styles import apply_style
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.errors import BadRequest
from reverie.losses import luminance


@dataclass(frozen=True)
class Scenes:
    """A batch: ``images`` [B,3,S,S] in 0..1, one true and one nearly true caption each, and what was shown."""

    images: Tensor
    captions: list[str]
    contrasts: list[str]
    facts: list[Facts]


class SceneMaker:
    """Draws batches of scenes; the same seed and step draw the same batch, so that training resumes exactly."""

    def __init__(self, icons: Icons, size: int, seed: int) -> None:
        if len(icons.concepts) < 2:
            raise BadRequest(f"Scenes need two concepts or more, and these icons show {len(icons.concepts)}.")
        self.icons, self.size, self.seed = icons, size, seed
        # Half-size drawings serve small scenes: sampling the full ones there would alias.
        pictures = icons.pictures
        self.pictures = pictures if size > 80 else F.avg_pool2d(pictures.float(), 2).round().to(torch.uint8)
        self.by_concept = [torch.nonzero(icons.concept == c).flatten().tolist() for c in range(len(icons.concepts))]
        self.number = {concept.name: i for i, concept in enumerate(icons.concepts)}

    def __call__(self, count: int, step: int) -> Scenes:
        self.dice = random.Random(f"{self.seed}/{step}")
        self.rng = torch.Generator().manual_seed(self.dice.getrandbits(62))
        facts = [self.imagine() for _ in range(count)]
        images = self._grounds(facts)
        pairs = [i for i, fact in enumerate(facts) if fact.second]
        alone = [i for i, fact in enumerate(facts) if not fact.second]
        images = self._paste(images, alone, [facts[i].subject for i in alone], facts, side=0)
        images = self._paste(images, pairs, [facts[i].subject for i in pairs], facts, side=-1)
        images = self._paste(images, pairs, [facts[i].second for i in pairs], facts, side=1)
        images = self._finish(images, facts)
        spoken = [self.partly(fact) for fact in facts]
        captions = [sentence(fact, self.dice) for fact in spoken]
        wrong = [sentence(contrast(fact, self.icons.concepts, self.dice), self.dice) for fact in spoken]
        return Scenes(images, captions, wrong, facts)

    def imagine(self) -> Facts:
        dice = self.dice
        name = dice.choice(self.icons.concepts).name
        coloured = any(word in COLOURS for word in name.split())
        roll = dice.random()
        second = "" if roll > 0.08 else name if roll < 0.03 else dice.choice(self.icons.concepts).name
        return Facts(
            subject=name,
            colour=dice.choice(list(COLOURS)) if dice.random() < 0.2 and not coloured and not second else "",
            second=second,
            ground=dice.choice(list(COLOURS)) if dice.random() < 0.5 else dice.choice(list(GROUNDS)),
            style=dice.choice(list(STYLES)) if dice.random() < 0.18 else "",
            jumbled=not second and dice.random() < 0.05,
        )

    def partly(self, facts: Facts) -> Facts:
        """People do not say everything: leave out the ground or the style now and then, and sometimes say a keyword."""
        dice = self.dice
        concept = self.icons.concepts[self.number[facts.subject]]
        if concept.keywords and not facts.second and dice.random() < 0.12:
            facts = replace(facts, subject=dice.choice(concept.keywords))
        return replace(
            facts,
            ground=facts.ground if dice.random() < 0.5 else "",
            style=facts.style if dice.random() < 0.85 else "",
        )

    def _grounds(self, facts: list[Facts]) -> Tensor:
        images = torch.empty(len(facts), 3, self.size, self.size)
        for kind in sorted({fact.ground for fact in facts}):
            rows = [i for i, fact in enumerate(facts) if fact.ground == kind]
            if kind in COLOURS:
                base = torch.tensor(COLOURS[kind]).view(1, 3, 1, 1)
                wobble = 0.05 * torch.randn(len(rows), 3, 1, 1, generator=self.rng)
                uneven = 0.16 * (clouds(len(rows), self.size, self.rng) - 0.5) * (torch.rand(len(rows), 1, 1, 1, generator=self.rng) < 0.5)
                images[rows] = (base + wobble + uneven).clamp(0, 1)
            else:
                images[rows] = ground(kind, len(rows), self.size, self.rng)
        return images

    def _paste(self, images: Tensor, rows: list[int], names: list[str], facts: list[Facts], side: int) -> Tensor:
        if not rows:
            return images
        picks = [self.dice.choice(self.by_concept[self.number[name]]) for name in names]
        drawn = self.pictures[picks].float() / 255
        for colour in sorted({facts[i].colour for i in rows} - {""}):
            which = [k for k, i in enumerate(rows) if facts[i].colour == colour]
            drawn[which] = recolour(drawn[which], colour)
        drawn = self._touch(drawn)
        placed = F.grid_sample(drawn, self._placement(len(rows), side), align_corners=False, padding_mode="zeros")
        images[rows] = images[rows] * (1 - placed[:, 3:]) + placed[:, :3]
        return images

    def _touch(self, drawn: Tensor) -> Tensor:
        """Shading, hue drift, outlines and soft shadows: what differs between two hands that draw the same thing."""
        count, rng = drawn.shape[0], self.rng
        colour, alpha = drawn[:, :3], drawn[:, 3:]
        some = torch.rand(5, count, 1, 1, 1, generator=rng)
        size = drawn.shape[-1]
        drift = 1 + 0.18 * torch.randn(count, 3, 1, 1, generator=rng) * (some[0] < 0.6)
        light = 1 + (clouds(count, size, rng) - 0.5) * 0.9 * (some[1] < 0.5)
        colour = (colour * drift * light).clamp(0, 1).minimum(alpha)
        ink = torch.rand(count, 1, 1, 1, generator=rng).round() * 0.9
        rim = (F.max_pool2d(alpha, 5, 1, 2) - alpha).clamp(0, 1) * (some[2] < 0.2)
        flat = some[3] < 0.03
        colour = torch.where(flat, alpha * 0.06, colour)
        return torch.cat((colour + rim * ink, alpha + rim), 1)

    def _placement(self, count: int, side: int) -> Tensor:
        """Sampling grids [count,S,S,2]: scale, turn, stretch, flip, place and a smooth warp."""
        rng = self.rng

        def uniform(low: float, high: float) -> Tensor:
            return low + (high - low) * torch.rand(count, generator=rng)

        scale = uniform(0.65, 1.05) if side == 0 else uniform(0.36, 0.56)
        turn = 0.22 * torch.randn(count, generator=rng)
        flip = torch.where(torch.rand(count, generator=rng) < 0.5, -1.0, 1.0)
        stretch = 1 + 0.1 * torch.randn(count, generator=rng)
        room = (1.1 - scale).clamp_min(0.06)
        x = uniform(-1, 1) * room if side == 0 else side * uniform(0.38, 0.55)
        y = uniform(-1, 1) * room
        cos, sin = turn.cos() / scale, turn.sin() / scale
        theta = torch.stack(
            (
                torch.stack((cos * flip * stretch, sin * flip, -(cos * x * stretch + sin * y) * flip), 1),
                torch.stack((-sin, cos / stretch, sin * x - cos * y / stretch), 1),
            ),
            1,
        )
        grid = F.affine_grid(theta, [count, 1, self.size, self.size], align_corners=False)
        bend = torch.randn(count, 2, 4, 4, generator=rng) * uniform(0, 0.1).view(-1, 1, 1, 1)
        warp = F.interpolate(bend, size=(self.size, self.size), mode="bicubic", align_corners=False)
        return grid + warp.permute(0, 2, 3, 1)

    def _finish(self, images: Tensor, facts: list[Facts]) -> Tensor:
        for style in sorted({fact.style for fact in facts} - {""}):
            rows = [i for i, fact in enumerate(facts) if fact.style == style]
            images[rows] = apply_style(style, images[rows], self.rng)
        for i, fact in enumerate(facts):
            if fact.jumbled:
                images[i] = jumble(images[i], self.rng)
        return images.clamp(0, 1)


def recolour(drawn: Tensor, colour: str) -> Tensor:
    """Give premultiplied drawings [B,4,S,S] one hue, keeping light and shade around its own brightness."""
    alpha = drawn[:, 3:]
    shade = luminance(drawn[:, :3]) / alpha.clamp_min(1e-3)
    mean = (shade * alpha).sum((2, 3), keepdim=True) / alpha.sum((2, 3), keepdim=True).clamp_min(1e-3)
    shade = (shade - mean + 0.5).clamp(0.1, 0.95)
    hue = torch.tensor(COLOURS[colour]).view(1, 3, 1, 1)
    tinted = torch.where(shade < 0.5, 2 * shade * hue, hue + (2 * shade - 1) * (1 - hue))
    return torch.cat((tinted * alpha, alpha), 1)


def jumble(image: Tensor, rng: torch.Generator) -> Tensor:
    """Cut [3,S,S] into 3x3 tiles and shuffle them."""
    tile = image.shape[-1] // 3
    order = torch.randperm(9, generator=rng).tolist()
    out = image.clone()
    for place, source in enumerate(order):
        y, x, v, u = place // 3 * tile, place % 3 * tile, source // 3 * tile, source % 3 * tile
        out[:, y : y + tile, x : x + tile] = image[:, v : v + tile, u : u + tile]
    return out
