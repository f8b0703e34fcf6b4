"""Ablation: with and without a phrase, each prompt in its place and by its weight."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from reverie.craft.ablation import agreement, as_data, said
from reverie.craft.phrases import phrases
from reverie.dream import Dream


def eye(images: Tensor, texts: Sequence[str]) -> Tensor:
    """Texts with ``red`` in them fit as far as pictures are; NaN for nonsense."""
    red = images[:, 0].flatten(1).mean(1)
    return torch.stack([torch.tensor(torch.nan) if "?" in text else red[i] * ("red" in text) for i, text in enumerate(texts)])


IMAGE = torch.zeros(1, 3, 8, 8)
IMAGE[:, 0, :, :4] = 1  # red on the left


@pytest.mark.parametrize(
    ("who", "prompt", "expected"),
    [
        ("guide", "a red fox", 0.5),
        ("guide", "a red fox @left", 1.0),
        ("guide", "a red fox @right | red", 0.25),
        ("guide", "red:3 | an owl", 0.375),
        ("guide", "an owl | red:-1", -0.25),
        ("guide", "an owl && red:-1", -0.25),
        ("guide", "an owl && red:3 @left | red", 0.7),
        ("guide", "x.png", None),
        ("judge", "an owl | red:-1", 0.0),
        ("judge", "an owl | red @left", 0.5),
        ("judge", "?", None),
    ],
)
def test_agreement(who: str, prompt: str, expected: float | None) -> None:
    assert agreement(who, eye, IMAGE, Dream(prompt).prompts, "crop") == expected


def test_what_a_phrase_adds() -> None:
    dream = Dream("red, a fox | owl")
    told = [mine["guide"] for mine in said(IMAGE, dream, phrases(dream.prompts), {"guide": eye})]
    assert [(one.alone, one.whole, one.without) for one in told] == [(0.5, 0.25, 0), (0, 0.25, 0.25), (0, 0.25, 0.5)]
    assert [one.gain for one in told] == [0.25, 0, -0.25]
    blended = Dream("an owl && red")
    assert said(IMAGE, blended, phrases(blended.prompts), {"guide": eye})[0]["guide"].alone == 0, "without what it is blended with"
    (alone,) = said(IMAGE, Dream("red"), phrases(Dream("red").prompts), {"guide": eye})
    assert alone["guide"].without is None and alone["guide"].gain is None
    assert as_data(phrases(Dream("red").prompts)[0], alone)["guide"] == {"alone": 0.5, "whole": 0.5, "without": None, "gain": None}
