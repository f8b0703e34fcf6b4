"""The dream: defaults, what it refuses, and that it is a value."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from reverie import Dream, Prompt


def test_a_text_is_enough() -> None:
    dream = Dream("a red fox")
    assert dream.prompts == (Prompt(text="a red fox", weight=1.0, stop=None),)
    assert (dream.width, dream.height) == (256, 256)
    assert dream.generator == "stack"
    assert [sight.name for sight in dream.perceptors] == ["mini"]
    assert dream.seed == 0


def test_the_language_and_the_structure_are_the_same() -> None:
    assert Dream("a | b:0.5") == Dream((Prompt(text="a"), Prompt(text="b", weight=0.5))) == Dream(prompts="a | b:0.5")


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("400x300", (400, 300)),
        ("64", (64, 64)),
        (64, (64, 64)),
        ((40, 30), (40, 30)),
        ("40X30", (40, 30)),
        ("40×30", (40, 30)),
        ("512x288", (512, 288)),
        ("2620x1610", (2620, 1610)),
    ],
)
def test_sizes(given: Any, size: tuple[int, int]) -> None:
    dream = Dream("a fox", size=given)
    assert dream.size == (dream.width, dream.height) == size


@pytest.mark.parametrize(
    "bad",
    [
        {"size": 0},
        {"size": "0x300"},
        {"size": 1_000_000},
        {"size": "1000000x1000000"},
        {"size": "big"},
        {"size": "1x2x3"},
        {"size": ""},
        {"size": -5},
        {"steps": -1},
        {"steps": "many"},
        {"seed": -1},
        {"views": 0},
        {"first_views": -1},
        {"coarse": -0.1},
        {"coarse": 1.5},
        {"rate": 0},
        {"rate": float("nan")},
        {"ema": 1},
        {"tv": -1},
        {"optimiser": "magic"},
        {"precision": "fp16"},
        {"perceptors": ()},
        {"perceptors": "mini:nan"},
        {"perceptors": [{"name": "mini", "share": (-1, 1)}]},
        {"perceptors": [{"name": "mini", "share": (0.5, float("inf"))}]},
        {"prompts": 5},
        {"options": {"vqgan": 5}},
        {"options": {"vqgan": {"rate": float("inf")}}},
        {"objectives": "glow:-1"},
        {"objectives": "glow:nan"},
        {"objectives": "glow glow:2"},
        {"objectives": {"glow": "much"}},
        {"objectives": 5},
        {"stepz": 5},
    ],
)
def test_bad_values_are_refused_and_named(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Dream.model_validate({"prompts": "a fox"} | bad)
    assert caught.value.errors()[0]["loc"][0] == next(iter(bad))


def test_no_prompt_at_all_is_refused() -> None:
    with pytest.raises(ValidationError, match="prompts"):
        Dream()


def test_an_ensemble_by_name_and_weight() -> None:
    assert [(sight.name, sight.weight) for sight in Dream("a fox", perceptors=("mini", "other:0.5")).perceptors] == [
        ("mini", 1.0),
        ("other", 0.5),
    ]


def test_objectives_by_name_and_weight_in_one_order() -> None:
    expected = {"calm": 1.0, "glow": 0.5}
    for given in ("glow:0.5 calm", ["glow:0.5", "calm"], ("calm:1", "glow:.5"), {"glow": 0.5, "calm": 1}):
        dream = Dream("a fox", objectives=given)
        assert dream.objectives == expected and list(dream.objectives) == ["calm", "glow"]
        assert Dream.model_validate_json(dream.model_dump_json()) == dream
    assert Dream("a fox", objectives="").objectives == Dream("a fox").objectives == {}


def test_json_and_back() -> None:
    dream = Dream(
        "a | b:-0.5:-0.9", size="40x30", perceptors=("mini:2",), options={"vqgan": {"rate": 0.1, "n": 3, "on": True, "name": "x"}}
    )
    again = Dream.model_validate_json(dream.model_dump_json())
    assert again == dream
    assert [type(value) for value in again.options["vqgan"].values()] == [float, int, bool, str]


def test_a_dream_is_a_value() -> None:
    dream = Dream("a fox")
    with pytest.raises(ValidationError, match="frozen"):
        dream.steps = 5


def test_which_dreams_share_a_batch() -> None:
    dream = Dream("a fox")
    assert dream.shape_key() == Dream("a cat | fog:-1", seed=9).shape_key()
    assert dream.shape_key() == Dream("a fox", init="a.png").shape_key() == Dream("a fox", init="random").shape_key()
    changes: list[dict[str, Any]] = [
        {"size": 64},
        {"generator": "pixels"},
        {"steps": 3},
        {"views": 4},
        {"rate": 0.3},
        {"perceptors": "mini:2"},
        {"optimiser": "sgd"},
        {"objectives": "glow"},
        {"options": {"vqgan": {"rate": 1}}},
    ]
    for change in changes:
        assert Dream("a fox", **change).shape_key() != dream.shape_key()
