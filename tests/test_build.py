"""From dreams to frames: what is refused before any time is spent, what each frame says, and pictures matched to captions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from PIL import Image
from torch import Tensor

from reverie import Dream, build
from reverie.cutouts import Cutter
from reverie.errors import BadRequest, Failed
from reverie.fields import Sight
from reverie.images import palette_of
from reverie.losses import off_palette
from reverie.optimisers import OPTIMISERS
from reverie.perceptors.mini import MiniPerceptor
from reverie.types import Frame
from reverie.weights import save_network


def paint(*dreams: Dream, **more: Any) -> list[Frame]:
    return list(build.frames(dreams, device="cpu", **more))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"generator": "vqgam"}, "There is no generator 'vqgam'. Did you mean 'vqgan'?"),
        ({"perceptors": "maxi"}, "There is no perceptor 'maxi'"),
        ({"perceptors": ("mini", "mini:0.5")}, "The same perceptor is named twice (mini, mini)"),
        ({"generator": "vqgan", "size": "33x32"}, "vqgan cannot paint 33x32: sides are multiples of 2. Nearest sizes: 32x32 and 34x32."),
        ({"size": "7x9"}, "pixels cannot paint 7x9"),
        ({"init": "nowhere.png"}, "There is no picture 'nowhere.png'"),
    ],
)
def test_what_cannot_be_painted_is_refused(networks: tiny.Options, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        next(build.frames([tiny.dream(networks, **fields)], device="cpu"))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pixels": {"contrst": 1}}, "There is no option of pixels 'contrst'. Did you mean 'contrast'?"),
        ({"pixels": {"contrast": 7}}, "pixels.contrast cannot be 7"),
        ({"cutouts": {"trun": 1}}, "There is no option of cutouts 'trun'. Did you mean 'turn'?"),
        ({"cutouts": {"flip": 2}}, "cutouts.flip cannot be 2"),
        ({"vqgan": {"weights": "mini"}}, "There is no component with options in this dream 'vqgan'"),
        ({"cutuots": {"flip": 1}}, "Did you mean 'cutouts'?"),
        ({"mini": {"weights": "nowhere"}}, "There is no weights file 'nowhere' for clip"),
    ],
)
def test_wrong_options_are_refused(networks: tiny.Options, options: dict[str, Any], message: str) -> None:
    dream = Dream("a fox", generator="pixels", size=32, options={"mini": networks["mini"]} | options)
    with pytest.raises(BadRequest) as caught:
        paint(dream)
    assert message in str(caught.value)


def test_a_device_that_is_not_there_is_refused(networks: tiny.Options) -> None:
    with pytest.raises(BadRequest, match="There is no device 'gpu'"):
        list(build.frames([tiny.dream(networks)], device="gpu"))


@pytest.mark.parametrize("change", [{"size": "48x32"}, {"steps": 4}, {"views": 2}, {"tv": 1}, {"generator": "stack"}])
def test_dreams_of_different_shapes_are_refused(networks: tiny.Options, change: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="differ in more than prompts, seed and init"):
        paint(tiny.dream(networks), tiny.dream(networks, **change))


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan"])
def test_frames_say_what_they_are(networks: tiny.Options, generator: str) -> None:
    dreams = [tiny.dream(networks, text, seed=i, generator=generator, size="48x32", tv=0.5) for i, text in enumerate(("a fox", "a | b:-1"))]
    shown = paint(*dreams)
    assert [(f.step, f.index, f.final) for f in shown] == [(step, row, step == 3) for step in range(4) for row in (0, 1)]
    for frame in shown:
        assert frame.dream is dreams[frame.index]
        assert frame.pixels.shape == (32, 48, 3) and frame.pixels.dtype == torch.uint8
        assert frame.image.size == (48, 32) and frame.image.mode == "RGB"
        assert set(frame.losses) == {"resemblance", "range", "tv"}
        assert frame.loss == pytest.approx(sum(frame.losses.values()))
        assert frame.undone == 0
    assert len({frame.pixels.numpy().tobytes() for frame in shown}) == len(shown)


def test_only_wanted_frames_are_made(networks: tiny.Options) -> None:
    asked: list[tuple[int, int]] = []

    def wants(step: int, steps: int) -> bool:
        asked.append((step, steps))
        return step == 1

    assert [frame.step for frame in paint(tiny.dream(networks), wants=wants)] == [1, 3]
    assert asked == [(0, 3), (1, 3), (2, 3)]


def test_stopped_at_once_the_start_is_shown(networks: tiny.Options) -> None:
    (stopped,) = paint(tiny.dream(networks), should_stop=lambda: True)
    (start,) = paint(tiny.dream(networks, steps=0))
    assert stopped.final and stopped.step == start.step == 0
    assert torch.equal(stopped.pixels, start.pixels)
    assert stopped.losses == start.losses == {} and stopped.loss == 0


def test_texts_are_read_once_and_networks_loaded_once(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    read = MiniPerceptor.read

    def counting(self: MiniPerceptor, texts: Sequence[str]) -> Tensor:
        asked.append(list(texts))
        return read(self, texts)

    monkeypatch.setattr(MiniPerceptor, "read", counting)
    dreams = [tiny.dream(networks, text, generator="vqgan") for text in ("a fox | a bird", "a bird")]
    paint(*dreams)
    assert asked == [["a fox", "a bird"]]
    for kind, name in (("generator", "vqgan"), ("perceptor", "mini")):
        assert build.component(kind, name, dreams[0], tiny.CPU) is build.component(kind, name, dreams[1], tiny.CPU)


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan"])
def test_each_dream_starts_from_its_own_picture(networks: tiny.Options, tmp_path: Path, generator: str) -> None:
    Image.new("RGB", (64, 32), (200, 40, 40)).save(tmp_path / "red.png")
    Image.new("RGB", (20, 20), (40, 40, 200)).save(tmp_path / "blue.png")
    starts = [str(tmp_path / "red.png"), "random", str(tmp_path / "blue.png")]
    shown = paint(*(tiny.dream(networks, init=init, generator=generator, steps=0) for init in starts))
    alone = [paint(tiny.dream(networks, init=init, generator=generator, steps=0))[0] for init in starts]
    for one, other in zip(shown, alone, strict=True):
        assert (one.pixels.int() - other.pixels.int()).abs().max() <= 1
    if generator != "vqgan":  # a network that was never trained cannot give a picture back
        assert shown[0].pixels.float().mean((0, 1)).tolist() == pytest.approx([200, 40, 40], abs=4)
        assert shown[2].pixels.float().mean((0, 1)).tolist() == pytest.approx([40, 40, 200], abs=4)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_paints(networks: tiny.Options, optimiser: str) -> None:
    shown = paint(tiny.dream(networks, optimiser=optimiser, rate=300.0 if optimiser == "sgd" else 0.05))
    assert shown[-1].final and not torch.equal(shown[0].pixels, shown[-1].pixels)


def test_the_rate_is_the_dreams_or_the_generators(networks: tiny.Options) -> None:
    default, given, other = (paint(tiny.dream(networks, rate=rate))[-1].pixels for rate in (None, 0.05, 0.2))
    assert torch.equal(default, given) and not torch.equal(default, other)


def test_views_follow_the_perceptor_unless_told(networks: tiny.Options) -> None:
    (cutter,) = tiny.engine([tiny.dream(networks, views=5)]).cutters.values()
    assert isinstance(cutter, Cutter)
    assert (cutter.views, cutter.size, cutter.share) == (5, 32, MiniPerceptor.share)
    told = tiny.dream(networks | {"cutouts": {"turn": 3}}, perceptors=(Sight(share=(0.2, 0.4)),))
    (cutter,) = tiny.engine([told]).cutters.values()
    assert isinstance(cutter, Cutter)
    assert cutter.share == (0.2, 0.4) and cutter.options.turn == 3


def test_a_picture_that_never_is_finite_is_a_failure(networks: tiny.Options, tmp_path: Path) -> None:
    broken = tiny.vqgan()
    with torch.no_grad():
        assert broken.decoder.conv_out.bias is not None
        broken.decoder.conv_out.bias.fill_(float("nan"))
    save_network(tmp_path / "nan.safetensors", "vqgan", broken, tiny.CODES)
    dream = tiny.dream(networks | {"vqgan": {"weights": str(tmp_path / "nan.safetensors")}}, generator="vqgan")
    with pytest.raises(Failed, match="The picture of 'a red fox' is not finite"):
        paint(dream)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny network where the built-in one lies."""
    save_network(tmp_path / "mini-clip.safetensors", "clip", tiny.clip(), tiny.EYES, pieces=tiny.tokenizer().pieces)
    monkeypatch.setattr("reverie.weights.package_weights", lambda: tmp_path)
    monkeypatch.setattr(build, "_component", build._component.__wrapped__)  # what others loaded stays theirs


@pytest.mark.usefixtures("package")
def test_scores_are_cosines_of_every_picture_with_every_text() -> None:
    pictures = [Image.new("RGB", size, colour) for size, colour in (((40, 40), "red"), ((64, 20), "blue"), ((10, 80), "white"))]
    scores = build.score(pictures, ["a red fox", "a castle"], device="cpu")
    assert len(scores) == 3 and all(len(row) == 2 for row in scores)
    assert all(-1 <= value <= 1 for row in scores for value in row)
    assert scores[0] != scores[1]
    swapped = build.score(pictures[::-1], ["a castle", "a red fox"], device="cpu")
    for row, other in zip(scores, swapped[::-1], strict=True):
        assert row == pytest.approx(other[::-1], abs=1e-5)


def test_nothing_to_paint_or_compare_is_refused() -> None:
    with pytest.raises(BadRequest, match="no dream"):
        next(build.frames([]))
    for pictures, texts in (([], ["an apple"]), ([Image.new("RGB", (8, 8))], [])):
        with pytest.raises(BadRequest, match="needs a picture and a text"):
            build.score(pictures, texts)


def test_scores_of_an_unknown_perceptor_are_refused() -> None:
    with pytest.raises(BadRequest, match="There is no perceptor 'maxi'"):
        build.score([Image.new("RGB", (8, 8))], ["a"], perceptor="maxi")


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan"])
def test_symmetry_and_palette_with_every_generator(networks: tiny.Options, generator: str) -> None:
    fields = {"generator": generator, "steps": 6, "symmetry": "both", "palette": "navy gold"}
    frame = list(build.frames([tiny.dream(networks, **fields)]))[-1]
    assert torch.equal(frame.pixels, frame.pixels.flip(0)) and torch.equal(frame.pixels, frame.pixels.flip(1))
    assert frame.losses["palette"] > 0


def test_a_palette_draws_the_colours_in(networks: tiny.Options) -> None:
    def far(**fields: Any) -> float:
        frame = list(build.frames([tiny.dream(networks, steps=40, init="noise", **fields)]))[-1]
        return off_palette(frame.pixels.permute(2, 0, 1)[None].float() / 255, palette_of(("navy", "gold"))).item()

    assert far(palette="navy, gold") < 0.6 * far()
