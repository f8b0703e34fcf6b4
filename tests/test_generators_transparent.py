"""Transparent pictures: any generator paints them, and they hold, go on and are told like any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
from PIL import Image

from reverie.album import Album
from reverie.begin import start
from reverie.build import Kept, engine, frames
from reverie.course import Course
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.generators.transparent import filled, spread, without_ground
from reverie.images import load_picture
from reverie.plan import Plan
from reverie.recipe import Recipe
from reverie.step import decode
from reverie.studio import create

PLAN = Plan(tiny.CPU, False, 256)
BALL = torch.full((1, 3, 32, 32), 0.9)
BALL[:, :, 8:24, 8:24] = torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1)


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan", "biggan", "progan"])
def test_every_generator_can(networks: tiny.Options, generator: str) -> None:
    states: list[dict[str, torch.Tensor]] = []

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        states.append({name: value.clone() for name, value in course.state().items()})

    dream = tiny.dream(networks, "a fox", generator=generator, size=(48, 32), tile="across", steps=3, transparent=True, ema=0.5)
    whole = list(frames([dream], device="cpu", kept=Kept(keep=keep)))
    assert whole[-1].pixels.shape == (32, 48, 4) and whole[-1].image.mode == "RGBA" and "opacity" in whole[-1].losses
    assert not torch.equal(whole[0].pixels[..., 3], whole[-1].pixels[..., 3])
    *_, rest = frames([dream], device="cpu", kept=Kept(states[0]))
    assert torch.equal(rest.pixels, whole[-1].pixels)


def test_woven_equals_alone(networks: tiny.Options) -> None:
    """To a grey level, as of any picture: kernels round differently for other batch sizes."""
    dreams = [tiny.dream(networks, text, seed=i, generator="stack", transparent=True) for i, text in enumerate(("a fox", "stone"))]
    woven = [frame.pixels for frame in frames(dreams, device="cpu") if frame.final]
    for i, dream in enumerate(dreams):
        *_, alone = frames([dream], device="cpu")
        assert (alone.pixels.int() - woven[i].int()).abs().max() <= 1


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan"])
def test_what_is_to_be_clear_becomes_clear(networks: tiny.Options, generator: str) -> None:
    """With nothing asked but a clear ground, opacity goes down at any generator's own rate."""
    dream = tiny.dream(networks, "a fox:0.0001", generator=generator, transparent=True, opacity=10, steps=20)
    shown = [frame.pixels[..., 3].float().mean() for frame in frames([dream], device="cpu")]
    assert shown[-1] < shown[0] - 8


def test_a_start_leaves_its_ground_out_and_closes_holes() -> None:
    ring = BALL.clone()
    ring[:, :, 14:18, 14:18] = 0.9  # the ground's colour, within the thing
    opacity = without_ground(ring)
    assert opacity[0, 0, 16, 16] == 1 and opacity[0, 0, 10, 10] == 1 and opacity[0, 0, 2, 2] == 0
    clear = torch.zeros(1, 1, 9, 9)
    assert torch.equal(filled(clear), clear) and torch.equal(filled(1 - clear), 1 - clear)


def test_colours_run_on_to_where_nothing_is() -> None:
    opacity = without_ground(BALL)
    run_on = spread(BALL, opacity)
    assert (run_on[0, :, 0, 0] - BALL[0, :, 16, 16]).abs().max() < 0.05
    assert torch.allclose(run_on[..., 12:20, 12:20], BALL[..., 12:20, 12:20], atol=1e-3)


def test_a_transparent_picture_starts_as_it_is(networks: tiny.Options, tmp_path: Path) -> None:
    given = Image.new("RGBA", (32, 32), (200, 30, 30, 0))
    given.paste((200, 30, 30, 255), (8, 8, 24, 24))
    given.save(tmp_path / "given.png")
    dream = tiny.dream(networks, "a fox", generator="pixels", init=str(tmp_path / "given.png"), transparent=True)
    made = engine([dream], PLAN)
    shown = decode(made, start(made, [dream], PLAN)).detach()[0]
    assert shown[3, 16, 16] > 0.99 and shown[3, 1, 1] < 0.01
    assert (shown[:3, 16, 16] - torch.tensor([200, 30, 30]) / 255).abs().max() < 0.02


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_opacity_is_saved_and_seen_on_white(networks: tiny.Options, tmp_path: Path, suffix: str) -> None:
    dream = tiny.dream(networks, "a fox", transparent=True)
    album = Album.at(tmp_path / f"fox{suffix}", [dream])
    (saved,) = create([dream], album, device="cpu")
    with Image.open(saved.path) as picture:
        assert picture.mode == "RGBA"
        assert picture.getchannel("A").tobytes() == saved.frame.image.getchannel("A").tobytes()
    assert load_picture(saved.path).mode == "RGB"


def test_what_makes_no_sense_is_refused(networks: tiny.Options, tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    masked = tiny.dream(networks, "a fox", transparent=True, init=str(tmp_path / "a.png"), mask=str(tmp_path / "a.png"))
    with pytest.raises(BadRequest, match="--mask keeps .* --transparent leaves"):
        list(frames([masked], device="cpu"))
    with pytest.raises(BadRequest, match="a JPEG has no opacity. Save as png or webp"):
        Album.at(tmp_path / "a.jpg", [Dream("a fox", transparent=True)])


def test_an_older_recipe_is_of_an_opaque_picture() -> None:
    assert not Recipe.from_json('{"schema": 1, "dream": {"prompts": [{"text": "a fox"}]}}').dream.transparent
