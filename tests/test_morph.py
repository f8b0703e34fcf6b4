"""From one finished dream to another: both ends are the pictures themselves, the way is even, and what differs is named."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from PIL import Image

from reverie import registry
from reverie.build import frames
from reverie.cli import main
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.morph import between, check, morph, round_
from reverie.recipe import Recipe
from reverie.types import Latent, Noisy
from reverie.video import read_recipe


def painted(dream: Dream) -> np.ndarray[Any, Any]:
    return list(frames([dream], device="cpu"))[-1].pixels.numpy()


@pytest.mark.parametrize(
    "change",
    [{"generator": name} for name in ("pixels", "stack", "vqgan", "biggan", "progan")]
    + [{"generator": "pixels", "ema": 0.9}, {"generator": "pixels", "keep_best": True}, {"generator": "progan", "tile": "both"}],
    ids=str,
)
def test_the_ends_are_the_pictures_and_nothing_jumps(networks: tiny.Options, change: dict[str, Any]) -> None:
    dreams = [tiny.dream(networks, seed=seed, steps=2, **change) for seed in (1, 2)]
    way = [np.asarray(picture) for picture in morph(Recipe(dream=dreams[0]), Recipe(dream=dreams[1]), 9, "cpu")]
    assert len(way) == 9
    assert np.array_equal(way[0], painted(dreams[0])) and np.array_equal(way[-1], painted(dreams[1]))
    steps = [np.abs(a.astype(float) - b).mean() for a, b in zip(way, way[1:], strict=False)]
    whole = np.abs(way[0].astype(float) - way[-1]).mean()
    assert whole > 0 and (change["generator"] == "vqgan" or max(steps) < whole), "codes jump, all else goes in small steps"


def test_a_picture_that_was_gone_on_with_ends_where_it_was_left(networks: tiny.Options) -> None:
    first = tiny.dream(networks, generator="pixels", steps=1)
    other = tiny.dream(networks, generator="pixels", steps=3, seed=5)
    recipe = Recipe(dream=first).grown(first.model_copy(update={"steps": 3}))
    *_, last = morph(Recipe(dream=other), recipe, 2, "cpu")
    assert np.array_equal(np.asarray(last), painted(first.model_copy(update={"steps": 3})))


def test_noise_goes_round_and_all_else_straight() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(2, 3, 512), 2 * torch.randn(2, 3, 512)
    for share in (0.0, 0.25, 0.5, 1.0):
        length = round_(a, b, share).norm(dim=-1)
        assert torch.allclose(length, a.norm(dim=-1).lerp(b.norm(dim=-1), share), rtol=1e-5)
    middle = between(Latent((a, a), 8, 8), Latent((b, b), 8, 8), 0.5, (1,))
    assert torch.equal(middle.parts[0], a.lerp(b, 0.5)) and torch.equal(middle.parts[1], round_(a, b, 0.5))
    assert (middle.parts[0].norm(dim=-1) < 0.8 * middle.parts[1].norm(dim=-1)).all(), "a straight way leads near to zero"


@pytest.mark.parametrize("b", [torch.tensor([[1.0, 0.0]]), torch.tensor([[-1.0, 0.0]]), torch.zeros(1, 2), torch.tensor([[0.0, 1.0]])])
def test_the_way_is_finite_between_any_directions(b: torch.Tensor) -> None:
    a = torch.tensor([[1.0, 0.0]])
    for number in range(5):
        assert round_(a, b, number / 4).isfinite().all()
    assert torch.allclose(round_(a, b, 0.0), a) and torch.allclose(round_(a, b, 1.0), b, atol=1e-6)


def test_a_quarter_turn_is_taken_evenly() -> None:
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert torch.allclose(round_(a, b, 1 / 3), torch.tensor([[math.cos(math.pi / 6), math.sin(math.pi / 6)]]))


def test_who_is_noisy(networks: tiny.Options) -> None:
    for name, noisy in (("biggan", True), ("progan", True), ("vqgan", False), ("stack", False)):
        assert isinstance(registry.build("generator", name, networks.get(name, {}), tiny.CPU), Noisy) == noisy


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"generator": "stack"}, "from pixels to stack: both pictures need the same generator"),
        ({"size": (32, 48)}, "from 32x32 to 32x48: both pictures need the same size"),
        ({"tile": "both"}, "the same tile"),
        ({"symmetry": "both"}, "the same symmetry"),
        ({"options": {"pixels": {"contrast": 0.5}}}, "by pixels with other options"),
        ({"mask": "m.png", "init": "p.png"}, "painted under a mask"),
    ],
)
def test_what_differs_is_named(change: dict[str, Any], said: str) -> None:
    one = Dream("a", generator="pixels", size=(32, 32))
    with pytest.raises(BadRequest, match=said):
        check(Recipe(dream=one), Recipe(dream=Dream.model_validate({**dict(one), **change})))


def test_the_command_line(networks: tiny.Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--generator",
        "pixels",
        "--size",
        "16",
        "--steps",
        "1",
        "--init",
        "random",
        "-o",
        f"mini.weights={networks['mini']['weights']}",
    ]
    for seed in ("1", "2"):
        assert main(["paint", "a fox", *words, "--seed", seed, "--out", str(tmp_path / f"{seed}.png"), "--quiet"]) == 0
    capsys.readouterr()
    ends = [str(tmp_path / "1.png"), str(tmp_path / "2.png")]
    assert main(["morph", *ends, "--video", "gif", "--seconds", "0.2", "--hold", "0.08"]) == 0
    shown = capsys.readouterr()
    path = Path(shown.out.strip())
    assert path == tmp_path / "1-to-2.gif" and "painted again" in shown.err
    with Image.open(path) as film:
        assert getattr(film, "n_frames", 1) >= 5
    recipe = read_recipe(path)
    assert recipe.dream.seed == 2 and json.loads(recipe.parent or "")["dream"]["seed"] == 1, "the recipes of both are inside"
    assert main(["show", str(path)]) == 0 and "from            a fox" in capsys.readouterr().out
    assert main(["morph", *ends, "--out", str(tmp_path / "way.webp"), "--seconds", "0.1", "--hold", "0", "--quiet"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "way.webp")
    assert main(["morph", ends[0]]) == 2 and "1 were given" in capsys.readouterr().err
    assert main(["morph", ends[0], str(tmp_path / "none.png")]) == 2
