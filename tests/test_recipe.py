"""Recipes: the way to JSON and back, changes by name, and what is refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reverie import Dream, Prompt
from reverie.errors import BadRequest
from reverie.recipe import LARGEST, SCHEMA, Recipe, changed, explain_validation, scalar

RECIPE = Recipe(
    dream=Dream("a | b:0.5", options={"vqgan": {"rate": 0.1, "on": True, "n": 3, "name": "x"}}),
    edits=((5, {"steps": 5, "deep": [1, {"a": None}]}),),
    parent="abc",
)
PLAIN = RECIPE.model_copy(update={"edits": ()})


def refusal(text: str) -> str:
    with pytest.raises(BadRequest) as caught:
        Recipe.from_json(text)
    assert len(str(caught.value).splitlines()) <= 2
    assert "pydantic" not in str(caught.value)
    return str(caught.value)


def with_dream(**fields: Any) -> str:
    data = json.loads(RECIPE.to_json())
    data["dream"] |= fields
    return json.dumps(data)


def test_json_and_back() -> None:
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE
    assert json.loads(RECIPE.to_json())["schema"] == SCHEMA


def test_the_text_is_canonical() -> None:
    shuffled = json.dumps(dict(reversed(json.loads(RECIPE.to_json()).items())), indent=3)
    assert Recipe.from_json(shuffled).to_json() == RECIPE.to_json()
    assert Recipe(dream=Dream("夜の城")).to_json().isascii()


@given(
    st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: bool(text.strip())),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dictionaries(st.text(), st.dictionaries(st.text(), st.booleans() | st.integers() | st.floats(-9, 9) | st.text())),
    st.integers(0, 2**63 - 1),
)
def test_any_recipe_survives(text: str, weight: float, options: dict[str, dict[str, Any]], seed: int) -> None:
    recipe = Recipe(dream=Dream((Prompt(text=text, weight=weight),), options=options, seed=seed))
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.to_json() == recipe.to_json()


def test_a_newer_recipe_says_update() -> None:
    assert refusal('{"schema": 9, "whatever": 1}') == (
        "This recipe was written by a newer Reverie (recipe schema 9, this one reads up to 1): update Reverie."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1]", "a JSON object"),
        ('"text"', "a JSON object"),
        ("null", "a JSON object"),
        ("{}", "dream is missing"),
        ('{"dream": 5}', "dream: expected names with values, not 5"),
        ('{"schema": "x", "dream": {"prompts": "a"}}', "schema: expected a whole number, not 'x'"),
        ('{"schema": true, "dream": {"prompts": "a"}}', "schema: expected a whole number, not True"),
        ('{"schema": 0, "dream": {"prompts": "a"}}', "schema: expected at least 1, not 0"),
        ('{"dream": {"prompts": "a"}, "parent": 3}', "parent: expected text, not 3"),
        ('{"dream": {"prompts": "a"}, "edits": [[-1, {}]]}', "expected at least 0, not -1"),
        ('{"dream": {"prompts": "a"}, "edits": [[1]]}', "is missing"),
        ('{"dream": {"prompts": "a"}, "edits": [[1, {"a": NaN}]]}', "NaN is not a number"),
        ('{"dream": {"prompts": "a"}, "dreams": 3}', "no setting 'dreams'. Did you mean 'dream'? There are: dream, edits, parent, schema"),
        ('{"dream": {"prompts": "a||b"}}', "empty prompt"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"dream": {"prompts": "a"}, "edits": [[1, {"a": ' + "[" * 500 + "]" * 500 + "}]]}", "nested too deeply"),
        ('"' + "a" * LARGEST + '"', "larger than"),
        ('{"dream": {"prompts": "a", "seed": ' + "9" * 5000 + "}}", "not JSON"),
    ],
)
def test_what_is_no_recipe_is_refused_in_words(text: str, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"stepz": 5}, "no setting 'stepz'. Did you mean 'steps'?"),
        ({"steps": "many"}, "dream.steps: expected a whole number, not 'many'"),
        ({"steps": 1.5}, "dream.steps: expected a whole number, not 1.5"),
        ({"steps": -1}, "dream.steps: expected at least 0, not -1"),
        ({"size": "0x5"}, "dream.size: expected at least 1, not 0"),
        ({"size": "big"}, "dream.size: a size is WIDTHxHEIGHT in pixels, as 400x300, not 'big'"),
        ({"size": [1, 2, 3]}, "dream.size: expected at most 2 of them, not [1, 2, 3]"),
        ({"optimiser": "adm"}, "dream.optimiser: expected 'adam', "),
        ({"rate": 0}, "dream.rate: expected more than 0"),
        ({"ema": 1}, "dream.ema: expected less than 1"),
        ({"prompts": []}, "dream: there is nothing to paint: give prompts, or layers to dream into"),
        ({"prompts": [{"text": " "}]}, "dream.prompts[0].text: an empty prompt"),
        (
            {"prompts": [{"text": "a", "wait": 2}]},
            "no setting 'wait'. Did you mean 'weight'? There are: blend, kind, region, stop, text, weight",
        ),
        ({"perceptors": [{"wait": 2}]}, "no setting 'wait'. Did you mean 'weight'? There are: name, share, weight"),
        ({"options": {"vqgan": 5}}, "dream.options.vqgan: expected names with values, not 5"),
        ({"options": {"vqgan": {"rate": [1]}}}, "dream.options.vqgan.rate: expected true, false, a number or text, not [1]"),
        ({"generator": 7}, "dream.generator: expected text, not 7"),
        ({"generator": ["x" * 500]}, "..."),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, Any], words: str) -> None:
    assert words in refusal(with_dream(**fields))


def test_one_wrong_value_is_told_once_and_many_in_two_lines() -> None:
    assert len(refusal(with_dream(options={"vqgan": {"rate": [1]}})).splitlines()) == 1
    assert "of them" not in refusal(with_dream(perceptors=[{"wait": 2}]))
    assert "(and 2 more)" in refusal(with_dream(steps="x", views="x", seed="x", tv="x"))


def test_bad_flags_are_worded_alike() -> None:
    with pytest.raises(ValidationError) as caught:
        Dream.model_validate({"prompts": "a fox", "steps": "x"})
    assert explain_validation(caught.value, Dream) == "steps: expected a whole number, not 'x'."


def test_changes_by_name() -> None:
    dream = changed(
        PLAIN,
        {
            "steps": "500",
            "generator": "pixels",
            "size": "40x30",
            "prompts": "c:2",
            "vqgan.rate": "0.2",
            "new.thing": "on",
            "./a.pt.cut": "on",
        },
    ).dream
    assert (dream.steps, dream.generator, dream.size) == (500, "pixels", (40, 30))
    assert dream.prompts == (Prompt(text="c", weight=2),)
    assert dream.options == {"vqgan": {"rate": 0.2, "on": True, "n": 3, "name": "x"}, "new": {"thing": "on"}, "./a.pt": {"cut": "on"}}
    assert RECIPE.dream.options["vqgan"]["rate"] == 0.1


def test_what_is_not_changed_stays() -> None:
    assert changed(RECIPE, {}) == RECIPE
    after = changed(RECIPE, {"seed": "7"})
    assert (after.edits, after.parent, after.dream.prompts) == (RECIPE.edits, RECIPE.parent, RECIPE.dream.prompts)


def test_none_undoes_an_optional_setting() -> None:
    fast = changed(RECIPE, {"rate": "0.5"})
    assert fast.dream.rate == 0.5
    assert changed(fast, {"rate": "none"}) == RECIPE


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"step": "3"}, "no setting 'step'. Did you mean 'steps'"),
        ({"steps": "x"}, "steps: expected a whole number, not 'x'"),
        ({"views": "0"}, "views: expected at least 1, not '0'"),
        ({"options": "x"}, "options: expected"),
        ({".a": "1"}, "component.option=value"),
        ({"a.": "1"}, "component.option=value"),
        ({"prompts": "x:nan"}, "not a number"),
    ],
)
def test_bad_changes_are_refused_in_words(settings: dict[str, str], words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        changed(PLAIN, settings)
    assert words in str(caught.value)


def test_the_values_of_options() -> None:
    texts = ("true", "False", "3", "-2", "0.5", "1e-3", "nan", "inf", "fox", "")
    assert [scalar(text) for text in texts] == [True, False, 3, -2, 0.5, 0.001, "nan", "inf", "fox", ""]
    assert type(scalar("3")) is int


def test_a_shared_recipe_names_no_folder() -> None:
    assert Recipe(dream=Dream("a", init="/home/ann/pictures/cat.png")).portable().dream.init == "cat.png"
    assert RECIPE.portable() == RECIPE


def test_a_palette_picture_keeps_its_name_alone() -> None:
    dream = Dream("a fox", palette="/home/me/colours/autumn.png")
    assert Recipe(dream=dream).portable().dream.palette == ("autumn.png",)
    assert Recipe(dream=Dream("a fox", palette="#aa3311 gold")).portable().dream.palette == ("#aa3311", "gold")
