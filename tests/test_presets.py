"""Presets: every one is a dream that paints, what is given beside them wins, and files of one's own work as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiny

from reverie import presets, registry
from reverie.checks import check
from reverie.cli import main
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.files import read_recipe

ORIGINALS = [
    "big-sleep", "codebook-sampling", "deep-daze", "mse-regularised", "pooling-notebook", "progan", "vqgan-clip", "zquantize-notebook",
]  # fmt: skip


def test_every_original_has_one_and_says_what_it_is() -> None:
    assert presets.names() == ORIGINALS
    assert all(20 < len(presets.about(name)) < 200 for name in ORIGINALS)


@pytest.mark.parametrize("name", ORIGINALS)
def test_it_is_a_dream_that_can_be_painted(name: str) -> None:
    dream = Dream("a fox", **presets.fields(name))
    check(dream)
    assert dream.init == "random" and dream.range == 0 and dream.options["resemblance"]["weights"] == "sum"


@pytest.mark.parametrize("name", ORIGINALS)
def test_it_paints(networks: tiny.Options, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the command line to the picture, with networks small enough."""
    monkeypatch.chdir(tmp_path)
    generator = presets.fields(name)["generator"]
    small = {"mini": networks["mini"], "siren": {"layers": 2, "width": 8}, "logits": networks["vqgan"], **networks}
    options = [f"{part}.{option}={value}" for part in (generator, "mini") for option, value in small.get(part, {}).items()]
    words = [word for option in options for word in ("-o", option)]
    asked = ["a red fox", "--preset", name, "--size", "32", "--steps", "2", "--views", "8", "--judge", "none", "--precision", "fp32"]
    assert main([*asked, *words, "--out", "x.png", "--quiet"]) == 0
    recipe = read_recipe(Path("x.png"))
    assert recipe is not None and recipe.dream.cutouts == presets.fields(name)["cutouts"]
    assert recipe.dream.options["resemblance"] == presets.fields(name)["options"]["resemblance"]


# What the originals' own sources and notebooks say, as originals.md's tables have it; AdamW that decays nothing is Adam.
NUMBERS: dict[str, dict[str, Any]] = {
    "vqgan-clip": {
        "generator": "vqgan", "optimiser": "adam", "rate": 0.1, "views": 32, "steps": 500, "cutouts": "latest",
        "init.rule": "zero", "init.fading": True,
    },
    "zquantize-notebook": {
        "generator": "vqgan", "optimiser": "adam", "rate": 0.05, "views": 64, "cutouts": "original", "init.rule": "latent", "seed": 0,
    },
    "codebook-sampling": {"generator": "logits", "optimiser": "adam", "rate": 0.05, "views": 64, "cutouts": "original"},
    "pooling-notebook": {
        "generator": "vqgan", "optimiser": "adam", "rate": 0.1, "views": 32, "cutouts": "updatedpooling", "vqgan.first": "uniform",
        "init.rule": "zero", "init.fading": True,
    },
    "mse-regularised": {
        "generator": "vqgan", "optimiser": "adam", "rate": 0.95, "views": 64, "cutouts": "updated", "vqgan.bounds": False,
        "init_weight": 1.5, "init.rule": "zero", "init.drops": 5, "init.every": 50,
    },
    "big-sleep": {
        "generator": "biggan", "optimiser": "adam", "rate": 0.07, "views": 128, "steps": 1050, "cutouts": "big-sleep", "ema": 0.5,
        "size": (512, 512), "resemblance.measure": "cosine", "resemblance.scale": 100, "biggan.shares": "sigmoid", "biggan.first": "mix",
        "biggan.penalties": 1.0,
    },
    "deep-daze": {
        "generator": "siren", "optimiser": "adamp", "rate": 1e-5, "views": 16, "steps": 1050, "cutouts": "deep-daze",
        "size": (512, 512), "resemblance.measure": "cosine", "resemblance.scale": 100, "resemblance.together": 0.3,
        "resemblance.group": 4, "siren.layers": 16, "siren.width": 256, "siren.first": 30.0, "siren.hidden": 30.0, "siren.finest": 1.0,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_its_numbers_are_the_originals(name: str) -> None:
    dream = Dream("a fox", **presets.fields(name))
    for field, value in NUMBERS[name].items():
        component, _, option = field.partition(".")
        made = registry.part_options(component).model_validate(dream.options.get(component, {})) if option else dream
        assert getattr(made, option or field) == value, field


def test_what_is_given_wins_and_options_are_merged() -> None:
    preset: dict[str, Any] = {
        "generator": "vqgan",
        "steps": 500,
        "cutouts": "latest",
        "options": {"vqgan": {"first": "uniform"}, "cutouts": {"noise": 0}},
    }
    assert presets.over(preset, {"steps": 9})["steps"] == 9
    merged = presets.over(preset, {"options": {"vqgan": {"bounds": False}}})
    assert merged["options"]["vqgan"] == {"first": "uniform", "bounds": False} and merged["cutouts"] == "latest"
    assert preset["options"]["vqgan"] == {"first": "uniform"}, "the preset itself is left alone"


def test_options_of_what_was_replaced_go_with_it() -> None:
    preset = {"generator": "vqgan", "cutouts": "latest", "options": {"vqgan": {"first": "uniform"}, "cutouts": {"noise": 0}}}
    assert presets.over(preset, {"generator": "stack", "cutouts": "warp"})["options"] == {}


def test_one_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"about": "mine", "dream": {"steps": 7, "tv": 0.5}}))
    assert presets.fields(str(path)) == {"steps": 7, "tv": 0.5} and presets.about(str(path)) == "mine"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read"),
        ("[1]", "no JSON object"),
        ('{"about": "x"}', "sets nothing"),
        ('{"dream": {"stepz": 3}}', "Did you mean 'steps'"),
        ('{"dream": {"prompts": "a fox"}}', "setting in the preset"),
    ],
)
def test_what_is_no_preset_is_told(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(BadRequest, match=told):
        presets.fields(str(path))


def test_an_unknown_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["a fox", "--preset", "vqgan-clop"]) == 2
    assert "Did you mean 'vqgan-clip'" in capsys.readouterr().err
    with pytest.raises(BadRequest, match=r"gone\.json.*cannot be read"):
        presets.fields("gone.json")
