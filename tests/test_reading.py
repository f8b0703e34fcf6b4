"""What is read of words: texts that fit to the bit as before, long ones whole, templates, blends and pushes as they are defined."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import tiny
import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.objectives import resemblance
from reverie.perceptors.mini import MiniPerceptor
from reverie.prompts import parse
from reverie.reading import Wish, direction, pieces, read, targets, wish
from reverie.vectors import packed

LONG = "a red fox and a blue bird on a tree, stone and water, a castle"


@pytest.fixture
def mini() -> MiniPerceptor:
    return MiniPerceptor(tiny.clip(), tiny.tokenizer(), tiny.CPU)


def close(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, atol=1e-6)


def test_what_fits_is_read_as_ever(mini: MiniPerceptor) -> None:
    texts = ["a red fox", "", "a castle"]
    assert torch.equal(read(texts, mini), mini.read(texts))
    assert torch.equal(targets([Wish("text", text) for text in texts], mini), mini.read(texts))


def test_what_is_too_long_is_the_mean_of_its_parts_by_length(mini: MiniPerceptor) -> None:
    those = pieces(LONG, mini)
    assert len(those) > 1 and all(mini.count(one) <= mini.limit == 8 for one in those)
    lengths = torch.tensor([float(mini.count(one)) for one in those])
    found = read(["a castle", LONG], mini)
    assert close(found[1], F.normalize(lengths @ mini.read(those), dim=0)) and close(found[0], mini.read(["a castle"])[0])
    assert not torch.allclose(found[1], mini.read([LONG])[0], atol=1e-3), "what was cut counts"


def test_it_is_cut_where_that_is_asked_for() -> None:
    cut = MiniPerceptor(tiny.clip(), tiny.tokenizer(), tiny.CPU, cut=True)
    assert pieces(LONG, cut) == [LONG] and torch.equal(read([LONG], cut), cut.read([LONG]))


def test_a_perceptor_that_does_not_say_how_it_reads_is_left_alone(mini: MiniPerceptor) -> None:
    class Plain:
        size, dim, share = 32, 16, (0.5, 1.0)

        def read(self, texts: Sequence[str]) -> Tensor:
            return mini.read(texts)

        def look(self, views: Tensor) -> Tensor:
            return mini.look(views)

    assert torch.equal(read([LONG], Plain()), mini.read([LONG]))


def test_templates_are_averaged(mini: MiniPerceptor) -> None:
    dream = Dream("a fox | cat.png", templates="a {} | the {} on a table")
    assert wish(dream, dream.prompts[1]) == Wish("picture", "cat.png")
    found = targets([wish(dream, dream.prompts[0])], mini)[0]
    assert close(found, F.normalize(mini.read(["a a fox", "the a fox on a table"]).mean(0), dim=0))


def test_blends_are_sums_in_the_unit_of_the_first(mini: MiniPerceptor) -> None:
    fox, bird, castle = mini.read(["a red fox", "a bird", "a castle"])
    for text in ("a red fox && a bird:0.5 && a castle:-0.25", "a red fox:-2 && a bird:-1.0 && a castle:0.5"):
        (prompt,) = parse(text)
        assert close(targets([wish(Dream((prompt,)), prompt)], mini)[0], F.normalize(fox + 0.5 * bird - 0.25 * castle, dim=0)), text
    off = parse("a red fox:0 && a bird")[0]
    assert close(targets([wish(Dream((off,)), off)], mini)[0], fox)


def test_a_push_goes_from_less_to_more(mini: MiniPerceptor) -> None:
    dream = Dream("a red fox | water:-1", more=["a castle", "stone"], less=["a tree"], push=0.7)
    castle, stone, tree, fox, water = mini.read(["a castle", "stone", "a tree", "a red fox", "water"])
    way = F.normalize((castle + stone) / 2 - tree, dim=0)
    assert close(direction(dream.more, dream.less, mini), way)
    found = targets([wish(dream, prompt) for prompt in dream.prompts], mini)
    assert close(found[0], F.normalize(fox + 0.7 * way, dim=0))
    assert close(found[1], water), "what the picture should be unlike stays"
    assert close(direction((), ("a tree",), mini), -tree)
    written = Dream("a red fox", more=[packed(way)], push=0.7)
    assert close(targets([wish(written, written.prompts[0])], mini)[0], found[0])


def test_ways_that_lead_nowhere(mini: MiniPerceptor) -> None:
    with pytest.raises(BadRequest, match="are read as the same"):
        direction(["a fox"], ["a fox"], mini)
    with pytest.raises(BadRequest, match="has 3 numbers, and this perceptor's vectors 16"):
        direction([packed(torch.ones(3))], [], mini)


def test_each_dream_of_a_batch_has_its_own(mini: MiniPerceptor) -> None:
    dreams = [
        Dream("a fox"),
        Dream("a fox", more=["a castle"]),
        Dream("a fox", templates=["the {}"]),
        Dream("a fox", more=["a castle"], push=0),
    ]
    found = resemblance(dreams, {"mini": mini}).targets["mini"][:, 0]
    alone = torch.stack([resemblance([dream], {"mini": mini}).targets["mini"][0, 0] for dream in dreams])
    assert torch.allclose(found, alone, atol=1e-6)
    assert (found[0] - found[1]).norm() > 0.1 and (found[0] - found[2]).norm() > 0.01 and close(found[0], found[3])
