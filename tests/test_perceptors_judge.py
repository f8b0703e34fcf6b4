"""The judge: its dictionary reads what captions say, and it tells which text fits, and how surely."""

from __future__ import annotations

import random

import pytest
import torch
from drawings import CONCEPTS

from reverie.data.captions import Facts, sentence
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.nets.judge import Judge, JudgeConfig, Verdict
from reverie.perceptors.judge import COLOUR, GROUND, STYLE, THING, JudgeEye, Reader, Said

THINGS = {concept.name: concept.keywords for concept in CONCEPTS}
HEADS = (len(CONCEPTS) + 1, len(COLOURS) + len(GROUNDS), len(COLOURS), len(STYLES) + 1)
TINY = JudgeConfig(size=32, widths=(8, 16), depths=(1, 1), kernel=3, heads=HEADS)
RED, BLUE = (list(COLOURS).index(colour) for colour in ("red", "blue"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("an apple", [Said(THING, (0,))]),
        ("two owls", [Said(THING, (3,))]),
        ("two boxes beside a house", [Said(THING, (4,)), Said(THING, (2,))]),
        ("a red car", [Said(THING, (1,))]),  # a name, not a colour
        ("a crimson apple", [Said(COLOUR, (RED,)), Said(THING, (0,))]),
        ("an apple on a blue background", [Said(THING, (0,)), Said(GROUND, (BLUE,))]),
        ("the owl on azure", [Said(THING, (3,)), Said(GROUND, (BLUE,))]),
        ("a car in the snow", [Said(THING, (1,)), Said(GROUND, (len(COLOURS) + list(GROUNDS).index("snow"),))]),
        ("fruit; black and white", [Said(THING, (0,)), Said(STYLE, (list(STYLES).index("black and white"),))]),
        ("A painting of a HOME, 8-bit", [Said(THING, (2,)), Said(STYLE, (list(STYLES).index("pixel art"),))]),
        ("a zeppelin of the mind", []),
        ("", []),
    ],
)
def test_what_a_text_says(text: str, said: list[Said]) -> None:
    assert Reader(THINGS)(text) == said


@pytest.mark.parametrize("colour", ["", "golden"])
@pytest.mark.parametrize("style", ["", *STYLES])
@pytest.mark.parametrize("ground", ["", "red", *GROUNDS])
def test_every_caption_can_be_read(ground: str, style: str, colour: str) -> None:
    reader, dice = Reader(THINGS), random.Random(0)
    pool = [*COLOURS, *GROUNDS]
    wanted = {Said(THING, (3,))}
    wanted |= {Said(GROUND, (pool.index(ground),))} if ground else set()
    wanted |= {Said(STYLE, (list(STYLES).index(style),))} if style else set()
    wanted |= {Said(COLOUR, (list(COLOURS).index(colour),))} if colour else set()
    for _ in range(20):
        text = sentence(Facts("owl", colour=colour, ground=ground, style=style), dice)
        assert set(reader(text)) == wanted, text


class Sure(Judge):
    """Sees a house on blue, whatever it is shown."""

    def forward(self, images: torch.Tensor) -> Verdict:
        verdict = Verdict(*(torch.zeros(len(images), count) for count in self.config.heads))
        verdict.thing[:, 2] = 5
        verdict.ground[:, BLUE] = 5
        return verdict


def test_the_judge_prefers_what_is_there() -> None:
    eye = JudgeEye(Sure(TINY), THINGS)
    texts = ["a house", "an owl", "a house on blue", "a house on red", "an owl on blue", "building", "nonsense"]
    right, wrong, both, half, other, keyword, unread = eye(torch.rand(3, 3, 64, 64), texts).T
    assert (right >= both).all() and (both > half).all() and (both > unread).all()
    assert (unread > wrong).all() and (wrong >= other).all()  # a true background does not make up for a false thing
    assert torch.allclose(keyword, right) and (unread == 0).all()


def test_the_judge_says_how_sure_it_is_of_each_picture_s_own_text() -> None:
    eye = JudgeEye(Sure(TINY), THINGS)
    right, half, wrong, unread = eye.sure(torch.rand(4, 3, 64, 64), ["a house on blue", "a house on red", "an owl on red", "nonsense"])
    assert 0.9 < right <= 1 and wrong < half < right
    assert 0 < wrong < 0.05 and unread.isnan()
