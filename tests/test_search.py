"""The best of many seeds: how many are tried, that the judge's choice is painted, and that a recipe needs no search."""

from __future__ import annotations

from typing import Any

import pytest
import tiny
import torch

from reverie.build import frames
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.search import best, cost, groups


def test_dreams_that_differ_only_in_the_seed_belong_together() -> None:
    dreams = [Dream("a fox"), Dream("a cat"), Dream("a fox", seed=1), Dream("a cat", size=64)]
    assert groups(dreams, 2) == [[0, 2], [1], [3]]
    with pytest.raises(BadRequest, match="--best-of 1 has no 2 best ones"):
        groups(dreams, 1)


@pytest.mark.parametrize("init", ["random", "sketch"])
def test_the_judges_choice_comes_first_and_is_painted_as_it_would_be_alone(networks: tiny.Options, init: str) -> None:
    dreams = [tiny.dream(networks, "a red apple", init=init, steps=4, seed=seed) for seed in (3, 4)]
    found, (scores,) = best(dreams, 4, "cpu")
    assert list(scores) == [3, 4, 5, 6] and all(0 <= score <= 1 for score in scores.values())
    assert [dream.seed for dream in found] == sorted(scores, key=lambda seed: -scores[seed])[:2]
    assert [dream.model_copy(update={"seed": 0}) for dream in found] == [dream.model_copy(update={"seed": 0}) for dream in dreams]
    assert (found, [scores]) == best(dreams, 4, "cpu"), "the same search finds the same"


def test_each_subject_has_its_own_best(networks: tiny.Options) -> None:
    dreams = [tiny.dream(networks, text, steps=3) for text in ("a red apple", "a castle")]
    found, scores = best(dreams, 3, "cpu")
    assert [dream.prompts for dream in found] == [dream.prompts for dream in dreams] and len(scores) == 2


def test_starts_of_chance_are_tried_at_their_own_size() -> None:
    dream = Dream("a fox")
    assert cost([dream], 6) == pytest.approx(3) and cost([dream, dream.model_copy(update={"seed": 1})], 6) == pytest.approx(1.5)
    assert cost([dream.model_copy(update={"init": "random"})], 6) == pytest.approx(2)


@pytest.mark.parametrize("fields", [{"judge": "none"}, {"prompts": "qwrtz"}])
def test_without_a_judge_there_is_no_best(networks: tiny.Options, fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="--best-of ask the judge"):
        best([tiny.dream(networks, **fields)], 2, "cpu")


def test_a_search_can_be_stopped(networks: tiny.Options) -> None:
    dreams = [tiny.dream(networks, "a red apple")]
    assert best(dreams, 4, "cpu", lambda: True) == (dreams, [])


def test_a_size_that_has_no_half_is_tried_as_it_is(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, "a red apple", generator="vqgan", size=4, init="sketch", steps=2)
    found, _ = best([dream], 2, "cpu")
    assert found[0].size == (4, 4)


def test_a_picture_that_is_not_finite_is_not_chosen(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, "a red apple", rate=1e38, optimiser="sgd", tv=1e38)
    found, (scores,) = best([dream], 2, "cpu")
    assert len(scores) == 2 and len(list(frames(found, device="cpu"))) and torch.is_grad_enabled()
