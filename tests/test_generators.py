"""Generators: what is each one's own. The rules that all keep are in ``reverie.testing``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from reverie import registry
from reverie.errors import BadRequest, Unsupported
from reverie.generators.biggan import BigganGenerator
from reverie.generators.biggan import Options as BigganOptions
from reverie.generators.pixels import Options as PixelsOptions
from reverie.generators.pixels import Pixels
from reverie.generators.progan import Options as ProganOptions
from reverie.generators.progan import ProganGenerator
from reverie.generators.stack import Options as StackOptions
from reverie.generators.stack import Stack
from reverie.generators.vqgan import VqganGenerator
from reverie.rng import Rng
from reverie.types import Chooser, Generator, Latent

MAKERS: dict[str, Callable[[], Generator]] = {
    "biggan": lambda: BigganGenerator(tiny.biggan(), BigganOptions(), tiny.CPU),
    "pixels": lambda: Pixels(PixelsOptions(), tiny.CPU),
    "progan": lambda: ProganGenerator(tiny.progan(), ProganOptions(), tiny.CPU),
    "stack": lambda: Stack(StackOptions(), tiny.CPU),
    "vqgan": lambda: VqganGenerator(tiny.vqgan(), tiny.CPU),
}
RNGS = [Rng(1), Rng(2), Rng(3)]


CHOOSERS = ("biggan", "progan")


@pytest.fixture(params=MAKERS)
def generator(request: pytest.FixtureRequest) -> Generator:
    return MAKERS[request.param]()


@pytest.fixture(params=[name for name in MAKERS if name not in CHOOSERS])
def encoder(request: pytest.FixtureRequest) -> Generator:
    return MAKERS[request.param]()


@pytest.fixture(params=CHOOSERS)
def chooser(request: pytest.FixtureRequest) -> Generator:
    return MAKERS[request.param]()


def picture(count: int = 1, height: int = 32, width: int = 48) -> Tensor:
    """Smooth, so that every generator can come near it."""
    y, x = torch.meshgrid(torch.linspace(0.2, 0.8, height), torch.linspace(0.1, 0.9, width), indexing="ij")
    return torch.stack((x, y, 1 - x)).expand(count, 3, height, width)


def rows(latent: Latent, pick: slice) -> Latent:
    return Latent(tuple(part[pick] for part in latent.parts), latent.height, latent.width)


def test_every_built_in_generator_is_tested_here() -> None:
    assert MAKERS.keys() == registry.BUILT_IN["generator"].keys()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (16, 40), (36, 20)])
def test_pictures_have_the_size_that_was_asked_for(generator: Generator, height: int, width: int) -> None:
    generator.check(height, width)
    latent = generator.start(RNGS, height, width)
    assert (latent.height, latent.width) == (height, width)
    assert all(len(part) == 3 and part.dtype == torch.float32 for part in latent.parts)
    images = generator(latent)
    assert images.shape == (3, 3, height, width) and images.isfinite().all()
    assert not torch.equal(images[0], images[1])


def test_a_picture_comes_back_from_its_latent() -> None:
    for name, error in (("pixels", 1e-5), ("stack", 0.02)):
        generator = MAKERS[name]()
        again = generator(generator.encode(picture()))
        assert (again - picture()).abs().mean() < error, name


def test_a_start_from_a_picture_is_its_code(encoder: Generator) -> None:
    images = picture(3)
    started, encoded = encoder.start(RNGS, 32, 48, images), encoder.encode(images)
    assert (started.height, started.width) == (32, 48)
    assert encoder(started).shape == images.shape
    for part, own in zip(started.parts, encoded.parts, strict=True):
        assert len(part) == 3 and torch.equal(part, own)


def test_without_an_encoder_there_are_choices_and_no_pictures(chooser: Generator) -> None:
    assert isinstance(chooser, Chooser)
    choices, again = chooser.choices(Rng(1), 24, 40), chooser.choices(Rng(1), 24, 40)
    assert all(torch.equal(a, b) for a, b in zip(choices.parts, again.parts, strict=True))
    assert not torch.equal(choices.parts[0], chooser.choices(Rng(2), 24, 40).parts[0])
    assert chooser(rows(choices, slice(0, 3))).shape == (3, 3, 24, 40)
    with pytest.raises(Unsupported, match="cannot start from a picture: it has no encoder"):
        chooser.start(RNGS, 32, 48, picture(3))


def test_encoders_are_no_choosers(encoder: Generator) -> None:
    assert not isinstance(encoder, Chooser)


@pytest.mark.parametrize("shares", ["softmax", "sigmoid"])
def test_biggan_starts_from_a_class_and_tries_each(shares: Any) -> None:
    generator = BigganGenerator(tiny.biggan(), BigganOptions(shares=shares), tiny.CPU)
    choices = generator.choices(Rng(0), 16, 16)
    raw = choices.parts[1]
    weights = raw.softmax(-1) if shares == "softmax" else raw.sigmoid()
    assert raw.shape == (5, 3, 5) and choices.parts[0].shape == (5, 3, 4)
    assert sorted(weights[:, 0].argmax(1).tolist()) == [0, 1, 2, 3, 4]
    assert torch.allclose(weights.amax(-1), torch.tensor(0.95), atol=1e-3)
    assert len(BigganGenerator(tiny.biggan(), BigganOptions(tries=2), tiny.CPU).choices(Rng(0), 16, 16).parts[0]) == 2


def test_biggans_layers_are_searched_apart() -> None:
    generator = MAKERS["biggan"]()
    latent = generator.start(RNGS, 16, 16)
    images = generator(latent)
    latent.parts[0][:, -1] += 1
    assert not torch.allclose(generator(latent), images)


def test_truncation_makes_pictures_alike() -> None:
    spread = []
    for truncation in (0.2, 1.0):
        generator = BigganGenerator(tiny.biggan(), BigganOptions(truncation=truncation), tiny.CPU)
        latent = generator.start([Rng(seed) for seed in range(8)], 16, 16)
        latent.parts[1].zero_()
        spread.append(generator(latent).std(0).mean().item())
    assert spread[0] < 0.5 * spread[1]


def test_noise_is_put_back_where_it_is_common() -> None:
    big, pro = MAKERS["biggan"](), MAKERS["progan"]()
    latent, sphere = big.start(RNGS, 16, 16), pro.start(RNGS, 16, 16)
    images = pro(sphere)
    latent.parts[0].mul_(100)
    sphere.parts[0].mul_(100)
    big.project(latent)
    pro.project(sphere)
    assert latent.parts[0].abs().max() == 2.5
    assert torch.allclose(sphere.parts[0].square().mean(1), torch.ones(3)) and torch.allclose(pro(sphere), images, atol=1e-5)


def test_there_is_no_prior(generator: Generator) -> None:
    assert generator.prior(generator.start(RNGS, 16, 16)) is None


@pytest.mark.parametrize("name", ["pixels", "stack"])
def test_projection_changes_nothing_where_all_is_allowed(name: str) -> None:
    generator = MAKERS[name]()
    latent = generator.start(RNGS, 16, 16)
    before = [part.clone() for part in latent.parts]
    generator.project(latent)
    assert all(torch.equal(part, kept) for part, kept in zip(latent.parts, before, strict=True))


@pytest.mark.parametrize("name", ["pixels", "stack"])
def test_pixels_and_stack_never_leave_the_range(name: str) -> None:
    generator = MAKERS[name]()
    latent = generator.start(RNGS, 16, 16)
    for part in latent.parts:
        part.mul_(1000)
    images = generator(latent)
    assert images.min() >= 0 and images.max() <= 1
    with pytest.raises(BadRequest, match=rf"{name} cannot paint 7x64: the smallest size is 8x8"):
        generator.check(64, 7)


def test_pixels_contrast_is_the_first_noises_spread() -> None:
    images = Pixels(PixelsOptions(contrast=0.05), tiny.CPU)(Pixels(PixelsOptions(contrast=0.05), tiny.CPU).start([Rng(0)], 64, 64))
    assert images.mean().item() == pytest.approx(0.5, abs=0.01) and images.std().item() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(("height", "width"), [(256, 256), (300, 400), (8, 512)])
def test_stack_goes_from_coarse_to_fine(height: int, width: int) -> None:
    sizes = Stack(StackOptions(), tiny.CPU).sizes(height, width)
    areas = [h * w for h, w in sizes]
    assert areas == sorted(set(areas))
    assert min(sizes[0]) == 1 and sizes[-1] == (height // 2, width // 2)
    finer = Stack(StackOptions(finest=1, ratio=2), tiny.CPU).sizes(64, 64)
    assert finer == [(1, 1), (2, 2), (4, 4), (8, 8), (16, 16), (32, 32), (64, 64)]


@pytest.mark.parametrize(
    ("height", "width", "near"),
    [
        (33, 32, "32x32 and 32x34"),
        (31, 45, "44x30 and 46x32"),
        (3, 32, "32x4"),
        (1, 1, "4x4"),
        (2, 32, "32x4"),
    ],
)
def test_vqgan_names_the_nearest_sizes(height: int, width: int, near: str) -> None:
    with pytest.raises(BadRequest) as caught:
        MAKERS["vqgan"]().check(height, width)
    assert str(caught.value).endswith(f"Nearest sizes: {near}.")
    assert f"vqgan cannot paint {width}x{height}: sides are multiples of 2." in str(caught.value)


def test_vqgan_starts_on_codes_and_goes_back_to_their_bounds() -> None:
    generator = VqganGenerator(tiny.vqgan(), tiny.CPU)
    codes = generator.network.quantize.embedding.weight
    latent = generator.start(RNGS, 16, 24)
    assert latent.parts[0].shape == (3, 8, 8, 12)
    assert torch.allclose(generator.network.quantize(latent.parts[0]), latent.parts[0])
    latent.parts[0].add_(torch.randn(latent.parts[0].shape, generator=torch.Generator().manual_seed(0)) * 10)
    moved = latent.parts[0].clone()
    generator.project(latent)
    low, high = codes.amin(0).view(1, 8, 1, 1), codes.amax(0).view(1, 8, 1, 1)
    assert torch.equal(latent.parts[0], moved.clamp(low, high))
    assert (latent.parts[0] == high).any() and (latent.parts[0] == low).any()


def test_vqgan_encodes_to_codes() -> None:
    generator = VqganGenerator(tiny.vqgan(), tiny.CPU)
    latent = generator.encode(picture())
    assert torch.allclose(generator.network.quantize(latent.parts[0]), latent.parts[0], atol=1e-6)
    assert not latent.parts[0].requires_grad


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pixels", {"contrast": 2}, "pixels.contrast cannot be 2"),
        ("stack", {"ratio": 1}, "stack.ratio cannot be 1"),
        ("vqgan", {"weights": "nowhere.safetensors"}, "There is no weights file 'nowhere.safetensors'"),
    ],
)
def test_options_are_checked(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        registry.build("generator", name, options, tiny.CPU)
