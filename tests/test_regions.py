"""Regions: where they are, that nothing outside them is touched, and what a mask makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
from PIL import Image

from reverie.begin import beside, regions_of, start
from reverie.build import engine
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.plan import Plan
from reverie.regions import NAMED, region
from reverie.step import decode, differentiate

PLAN = Plan(tiny.CPU, False, 256)


@pytest.mark.parametrize("name", NAMED)
def test_named_regions_lie_inside_and_have_a_pixel(name: str) -> None:
    for height, width in ((1, 1), (7, 5), (64, 48)):
        found = region(name, height, width)
        assert found.height >= 1 <= found.width
        assert 0 <= found.top <= height - found.height and 0 <= found.left <= width - found.width


def test_left_and_right_are_the_whole() -> None:
    picture = torch.rand(1, 3, 6, 9)
    assert torch.equal(torch.cat([region(side, 6, 9).of(picture) for side in ("left", "right")], 3), picture)


def test_boxes_are_told_in_parts_of_the_frame() -> None:
    assert region("right", 8, 8).boxes(torch.tensor([0.5, 0.5, 1.0, 1.0]), 8, 8).tolist() == [0.75, 0.5, 0.5, 1.0]


def test_a_mask_is_a_region_as_large_as_its_white(tmp_path: Path) -> None:
    mask = Image.new("L", (8, 8))
    mask.paste(255, (2, 1, 5, 7))
    mask.save(tmp_path / "mask.png")
    found = region(str(tmp_path / "mask.png"), 8, 8)
    assert (found.top, found.left, found.height, found.width) == (1, 2, 6, 3)
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    with pytest.raises(BadRequest, match="black everywhere"):
        region(str(tmp_path / "black.png"), 8, 8)


def gradient(networks: tiny.Options, text: str) -> torch.Tensor:
    """Where the picture of a dream would change: [H,W]."""
    dream = tiny.dream(networks, text, generator="pixels", size=(32, 32), range=0.0, init="noise")
    made = engine([dream], PLAN)
    latent = start(made, [dream], PLAN)
    before = decode(made, latent).detach()
    differentiate(made, latent, 0, 0.0)
    with torch.no_grad():
        for part in latent.parts:
            assert part.grad is not None
            part -= 100 * part.grad
    return (decode(made, latent).detach() - before).abs().sum((0, 1))


def test_a_prompt_changes_its_region_alone(networks: tiny.Options, tmp_path: Path) -> None:
    left = gradient(networks, "a fox @left")
    assert left[:, :15].max() > 0 and left[:, 17:].max() < 1e-3 * left[:, :15].max()
    mask = Image.new("L", (32, 32))
    mask.paste(255, (0, 0, 10, 10))
    mask.paste(255, (22, 22, 32, 32))
    mask.save(tmp_path / "m.png")
    found = gradient(networks, f"a fox @{tmp_path / 'm.png'}")
    assert found[:9, :9].max() > 0 and found[23:, 23:].max() > 0 and found[12:20, 12:20].max() < 1e-3 * found.max()
    assert gradient(networks, "a fox @left | a bird @right")[:, 17:].max() > 0


def test_each_region_is_looked_at_with_as_many_views(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, "a fox @left | a bird | fog @left:-1", size=(32, 32))
    assert dream.regions == (None, "left") and [one.width for one in regions_of(dream)] == [32, 16]
    assert dream.shape_key() != tiny.dream(networks, "a fox | a bird", size=(32, 32)).shape_key()


def test_a_picture_is_fitted_to_its_region(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10), "red").save(tmp_path / "red.png")
    pictures = beside([Dream(f"{tmp_path / 'red.png'} @right", size=(8, 8)), Dream("a fox", size=(8, 8))], PLAN)
    assert pictures is not None and pictures.shape == (1, 2, 3, 8, 8)
    assert pictures[0, 0, 0, :, 4:].min() == 1 and pictures[0, 0, :, :, :4].max() == 0 == pictures[0, 1].max()


def test_a_picture_is_compared_under_the_same_views(networks: tiny.Options, tmp_path: Path) -> None:
    """A painting that is its own image prompt has nothing left to change; another picture pulls."""
    Image.effect_noise((32, 32), 90).convert("RGB").save(tmp_path / "a.png")
    Image.new("RGB", (32, 32), "blue").save(tmp_path / "b.png")
    losses = []
    for name in ("a", "b"):
        dream = tiny.dream(networks, str(tmp_path / f"{name}.png"), generator="pixels", size=(32, 32), init=str(tmp_path / "a.png"))
        made = engine([dream], PLAN)
        losses.append(differentiate(made, start(made, [dream], PLAN), 0, 0.0).terms["resemblance"].item())
    assert losses[0] < 0.05 < losses[1]


def test_noise_is_a_direction_by_its_number(networks: tiny.Options) -> None:
    one, same, other = (
        engine([tiny.dream(networks, f"a fox | noise({number}):0.5")], PLAN).objectives["resemblance"] for number in (1, 1, 2)
    )
    (a, b, c) = (next(iter(objective.targets.values()))[0, 1] for objective in (one, same, other))  # type: ignore[attr-defined]
    assert torch.equal(a, b) and (a @ c).abs() < 0.99 and a.norm().item() == pytest.approx(1, abs=1e-5)
