"""Where a painting starts: the sketch of its words, in any shape of picture."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
from PIL import Image

from reverie import build
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.nets.sketch import Sketch, SketchConfig
from reverie.rng import Rng
from reverie.starts import Sketcher, SketchOptions, favourite, subject
from reverie.weights import save_network

TINY = SketchConfig(hands=3, widths=(16, 8), cond=16, hidden=16, vocabulary=128, length=8, dim=16, text_width=16)


def network() -> Sketch:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Sketch(TINY).eval()


@pytest.fixture(scope="module")
def sketcher() -> Sketcher:
    return Sketcher(network(), tiny.tokenizer(), tiny.CPU)


def test_a_sketch_fills_the_picture(sketcher: Sketcher) -> None:
    drawn = sketcher.draw("a red fox", [0, 2], 24, 24)
    assert drawn.shape == (2, 3, 24, 24)
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert drawn.std() > 0


def test_in_a_wide_picture_the_edges_run_on(sketcher: Sketcher) -> None:
    wide, square = sketcher.draw("a red fox", [0], 16, 40), sketcher.draw("a red fox", [0], 16, 16)
    assert torch.equal(wide[..., 12:28], square)
    assert torch.equal(wide[..., :12], wide[..., 12:13].expand(1, 3, 16, 12))


def test_words_and_hands_change_the_sketch(sketcher: Sketcher) -> None:
    first, second, third = sketcher.draw("a red fox", [0, 1, 2], 16, 16)
    assert not torch.equal(first, second) and not torch.equal(second, third)
    assert not torch.equal(sketcher.draw("a castle", [0], 16, 16)[0], first)


def test_the_seed_draws_the_hands(sketcher: Sketcher) -> None:
    two = SketchOptions(tries=2)
    drawn = [sketcher.hands(Rng(seed), two) for seed in range(12)]
    assert drawn == [sketcher.hands(Rng(seed), two) for seed in range(12)]
    assert all(len(set(hands)) == 2 and set(hands) <= {0, 1, 2} for hands in drawn)
    assert len({tuple(hands) for hands in drawn}) > 1
    assert sketcher.hands(Rng(0), SketchOptions(hand=4)) == [1]  # hands are counted round


def test_the_perceptors_choose(networks: tiny.Options) -> None:
    (perceptor,) = tiny.engine([tiny.dream(networks)]).perceptors.values()
    pictures = torch.rand(5, 3, 40, 40, generator=torch.Generator().manual_seed(3))
    small = torch.nn.functional.interpolate(pictures, size=(32, 32), mode="area")
    likeness = (perceptor.look(small) @ perceptor.read(["a castle"]).T).flatten()
    assert torch.equal(favourite(pictures, "a castle", [perceptor]), pictures[likeness.argmax()][None])


def test_the_heaviest_prompt_is_sketched() -> None:
    assert subject(Dream("a fox | a castle:2 | a house:2")) == "a castle"
    assert subject(Dream("a fox:-1")) == ""


def test_a_dream_starts_from_its_sketch(networks: tiny.Options, tmp_path: Path) -> None:
    path = tmp_path / "sketch.safetensors"
    save_network(path, "sketch", network(), TINY, pieces=tiny.tokenizer().pieces)
    options = {**networks, "sketch": {"weights": str(path), "hand": 1}}
    dream = Dream("a red fox", generator="pixels", size=16, steps=0, init="sketch", options={k: options[k] for k in ("mini", "sketch")})
    (frame,) = build.frames([dream])
    wanted = Sketcher(network().half().float(), tiny.tokenizer(), tiny.CPU).draw("a red fox", [1], 16, 16)
    pixels = (wanted.clamp(0.01, 0.99)[0].permute(1, 2, 0) * 255).round()
    assert (frame.pixels.float() - pixels).abs().max() <= 1


def test_a_dream_starts_from_a_picture_or_from_chance(networks: tiny.Options, tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (200, 40, 40)).save(tmp_path / "red.png")
    (frame,) = build.frames([tiny.dream(networks, size=16, steps=0, init=str(tmp_path / "red.png"))])
    assert (frame.pixels[8, 8].float() - torch.tensor([200.0, 40.0, 40.0])).abs().max() <= 1
    with pytest.raises(BadRequest, match="missing.png"):
        next(build.frames([tiny.dream(networks, init=str(tmp_path / "missing.png"))]))


def test_sketch_options_need_a_sketch(networks: tiny.Options) -> None:
    with pytest.raises(BadRequest, match="sketch"):
        build.check(tiny.dream(networks).model_copy(update={"options": {"sketch": {"hand": 1}}}))
