"""Scenes: the same seed and step draw the same, captions are true, and what is done to drawings can be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from drawings import CONCEPTS, icons

from reverie.data.captions import plural
from reverie.data.icons import Icons
from reverie.data.scenes import SceneMaker, Scenes, jumble, recolour
from reverie.data.words import COLOURS
from reverie.errors import BadRequest


@pytest.fixture(scope="module")
def maker() -> SceneMaker:
    return SceneMaker(icons(), 32, 5)


@pytest.fixture(scope="module")
def many(maker: SceneMaker) -> Scenes:
    return maker(300, 0)


def test_the_same_seed_and_step_draw_the_same(maker: SceneMaker) -> None:
    here, there = maker(6, 3), SceneMaker(icons(), 32, 5)(6, 3)
    assert torch.equal(here.images, there.images)
    assert (here.captions, here.contrasts, here.facts) == (there.captions, there.contrasts, there.facts)


def test_another_step_or_seed_draws_another(maker: SceneMaker) -> None:
    here = maker(6, 3)
    for other in (maker(6, 4), SceneMaker(icons(), 32, 6)(6, 3)):
        assert not torch.equal(here.images, other.images) and here.captions != other.captions


def test_pictures_are_in_range(many: Scenes) -> None:
    assert many.images.shape == (300, 3, 32, 32)
    assert many.images.min() >= 0 and many.images.max() <= 1 and many.images.isfinite().all()
    assert many.images.std(dim=(1, 2, 3)).min() > 0


def test_captions_name_what_is_shown(many: Scenes) -> None:
    keywords = {concept.name: concept.keywords for concept in CONCEPTS}
    for fact, caption in zip(many.facts, many.captions, strict=True):
        words = (fact.subject, *keywords[fact.subject]) if not fact.second else (fact.subject,)
        assert any(word in caption for word in words), (fact, caption)
        if fact.second == fact.subject:
            assert plural(fact.subject) in caption
        elif fact.second:
            assert fact.second in caption


def test_every_sort_of_scene_comes_up(many: Scenes) -> None:
    facts = many.facts
    assert {fact.subject for fact in facts} == {concept.name for concept in CONCEPTS}
    for sort in ("colour", "second", "ground", "style", "jumbled"):
        assert any(getattr(fact, sort) for fact in facts), sort
    assert not any(fact.colour for fact in facts if fact.subject == "red car"), "a blue red car"


def test_contrasts_are_not_the_captions(many: Scenes) -> None:
    assert all(caption != wrong for caption, wrong in zip(many.captions, many.contrasts, strict=True))


def test_the_subject_is_in_the_picture(maker: SceneMaker) -> None:
    """Against the same ground without it."""
    facts = maker(8, 0).facts
    bare = [replace(fact, ground="white", style="", jumbled=False, second="") for fact in facts]
    ground = maker._grounds(bare)
    shown = maker._paste(ground.clone(), list(range(8)), [fact.subject for fact in bare], bare, side=0)
    changed = ((shown - ground).abs().amax(1) > 0.05).float().mean(dim=(1, 2))
    assert changed.min() > 0.02 and changed.max() < 0.98


@pytest.mark.parametrize("colour", ["red", "green", "blue", "purple", "black", "white"])
def test_recolouring_moves_the_mean_towards_the_colour(colour: str) -> None:
    drawn = icons().pictures.float() / 255
    tinted = recolour(drawn, colour)
    target = torch.tensor(COLOURS[colour])

    def gap(images: torch.Tensor) -> torch.Tensor:
        mean = images[:, :3].sum((2, 3)) / images[:, 3:].sum((2, 3))
        return (mean - target).norm(dim=1)

    assert torch.equal(tinted[:, 3], drawn[:, 3])
    assert tinted.min() >= 0 and (tinted[:, :3] <= tinted[:, 3:] + 1e-6).all()
    assert gap(tinted).mean() < 0.6 * gap(drawn).mean()


def test_jumbling_is_a_permutation_of_tiles() -> None:
    image = torch.rand(3, 33, 33, generator=torch.Generator().manual_seed(0))
    mixed = jumble(image, torch.Generator().manual_seed(1))

    def tiles(picture: torch.Tensor) -> list[bytes]:
        return [picture[:, y : y + 11, x : x + 11].numpy().tobytes() for y in (0, 11, 22) for x in (0, 11, 22)]

    assert sorted(tiles(mixed)) == sorted(tiles(image)) and tiles(mixed) != tiles(image)


def test_one_concept_makes_no_contrasts() -> None:
    whole = icons()
    with pytest.raises(BadRequest, match="two concepts"):
        SceneMaker(Icons(whole.pictures[:3], whole.concept[:3], whole.concepts[:1]), 32, 0)
