"""Facts as targets: what is true counts, what may be meant as well does not, and pictures that point right are told so."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from drawings import CONCEPTS, icons

from reverie.data.captions import Facts
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.train.facts import UNSAID, Examiner, akin, answers
from reverie.train.words import Meanings

NAMES = [concept.name for concept in CONCEPTS]
FACTS = [
    Facts("apple", colour="red", ground="blue"),
    Facts("red car", second="owl", ground="grass", style="neon"),
    Facts("owl", jumbled=True, ground="night"),
    Facts("house"),
]
SCALE = torch.tensor(30.0)


def examiner() -> tuple[Examiner, Meanings]:
    meanings = Meanings(icons(), 64)
    return Examiner(meanings, torch.device("cpu")), meanings


def shares(row: int) -> dict[str, float]:
    things = answers(FACTS, NAMES).things[row]
    return {NAMES[i]: things[i].item() for i in things.nonzero().flatten().tolist()}


def test_every_thing_that_is_shown_has_its_share() -> None:
    assert shares(0) == {"apple": 1.0} and shares(1) == {"red car": 0.5, "owl": 0.5}
    assert shares(2) == {}, "a jumble shows nothing"


def test_traits_are_numbered_or_unsaid() -> None:
    grounds, colours, styles = [*COLOURS, *GROUNDS], list(COLOURS), list(STYLES)
    assert answers(FACTS, NAMES).traits.tolist() == [
        [grounds.index("blue"), colours.index("red"), UNSAID],
        [grounds.index("grass"), UNSAID, styles.index("neon")],
        [grounds.index("night"), UNSAID, UNSAID],
        [UNSAID, UNSAID, UNSAID],
    ]


def test_kin_may_be_meant_as_well() -> None:
    assert akin("red apple", {"apple"}) and akin("cat", {"cat face"}) and not akin("pear", {"apple", "owl"})
    kin = answers([Facts("car")], ["car", "red car", "owl"]).kin
    assert kin.tolist() == [[False, True, False]], "neither a right answer nor a wrong one"


def test_the_sum_of_its_facts_is_the_best_answer() -> None:
    examine, meanings = examiner()
    wanted = answers(FACTS, NAMES)
    right = meanings(FACTS)
    loss, named = examine(right, wanted, SCALE)
    assert named == 1.0
    for wrong in (right.roll(1, 0), -right, F.normalize(torch.randn(4, 64, generator=torch.Generator().manual_seed(0)), dim=1)):
        worse, less = examine(wrong, wanted, SCALE)
        assert worse > loss + 1 and less < 1


@pytest.mark.parametrize("facts", [[Facts("owl", jumbled=True)], [Facts("house")]])
def test_a_batch_that_says_little_has_a_finite_loss(facts: list[Facts]) -> None:
    examine, _ = examiner()
    seen = torch.ones(1, 64, requires_grad=True)
    loss, _ = examine(F.normalize(seen, dim=1), answers(facts, NAMES), SCALE)
    loss.backward()
    assert loss.isfinite() and seen.grad is not None and seen.grad.isfinite().all()
