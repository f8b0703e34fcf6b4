"""A few coloured shapes as icons: what the training tests draw scenes from, instead of sets from npm."""

from __future__ import annotations

import torch
from torch import Tensor

from reverie.data.concepts import Concept
from reverie.data.icons import Icons

SIDE = 48
CONCEPTS = (
    Concept("apple", ("fruit",)),
    Concept("red car", ("vehicle",)),
    Concept("house", ("home", "building")),
    Concept("owl", ()),
    Concept("box", ()),
)
COLOURS = ((0.8, 0.1, 0.1), (0.1, 0.6, 0.2), (0.2, 0.3, 0.9), (0.6, 0.4, 0.2))


def shape(concept: int, hand: int) -> Tensor:
    """uint8 [4,SIDE,SIDE], premultiplied: a disc, a bar, a triangle, a ring or a square; ``hand`` varies colour and size."""
    line = torch.linspace(-1, 1, SIDE)
    y, x = torch.meshgrid(line, line, indexing="ij")
    far, reach = (x.square() + y.square()).sqrt(), 0.6 + 0.1 * hand
    inside = (
        far < reach,
        (y.abs() < reach / 2) & (x.abs() < 0.9),
        (y > 2 * x.abs() - reach) & (y < reach),
        (far < reach) & (far > reach / 2),
        torch.maximum(x.abs(), y.abs()) < reach,
    )[concept]
    colour = torch.tensor(COLOURS[(concept + hand) % len(COLOURS)]).view(3, 1, 1)
    alpha = inside.float()
    shaded = colour * (0.8 + 0.2 * x)
    return (torch.cat((shaded * alpha, alpha[None])) * 255).round().to(torch.uint8)


def icons() -> Icons:
    """Three drawings of each of five things."""
    pairs = [(concept, hand) for concept in range(len(CONCEPTS)) for hand in range(3)]
    return Icons(torch.stack([shape(*pair) for pair in pairs]), torch.tensor([concept for concept, _ in pairs]), CONCEPTS)
