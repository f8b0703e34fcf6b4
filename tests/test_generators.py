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
from reverie.generators.biggan import BigganGenerator, likeliest, many_classes, unlike_noise
from reverie.generators.biggan import Options as BigganOptions
from reverie.generators.fft import Fft
from reverie.generators.fft import Options as FftOptions
from reverie.generators.logits import Logits
from reverie.generators.logits import Options as LogitsOptions
from reverie.generators.pixels import Options as PixelsOptions
from reverie.generators.pixels import Pixels
from reverie.generators.progan import Options as ProganOptions
from reverie.generators.progan import ProganGenerator
from reverie.generators.siren import Options as SirenOptions
from reverie.generators.siren import Siren
from reverie.generators.stack import Options as StackOptions
from reverie.generators.stack import Stack
from reverie.generators.vqgan import Options as VqganOptions
from reverie.generators.vqgan import VqganGenerator
from reverie.rng import Rng
from reverie.types import Chooser, Drawing, Generator, Latent


def vqgan(**options: Any) -> VqganGenerator:
    return VqganGenerator(tiny.vqgan(), VqganOptions(**options), tiny.CPU)


def siren(**options: Any) -> Siren:
    return Siren(SirenOptions(**{"layers": 3, "width": 16} | options), tiny.CPU)


MAKERS: dict[str, Callable[[], Generator]] = {
    "biggan": lambda: BigganGenerator(tiny.biggan(), BigganOptions(), tiny.CPU),
    "fft": lambda: Fft(FftOptions(), tiny.CPU),
    "logits": lambda: Logits(vqgan(), LogitsOptions()),
    "pixels": lambda: Pixels(PixelsOptions(), tiny.CPU),
    "progan": lambda: ProganGenerator(tiny.progan(), ProganOptions(), tiny.CPU),
    "siren": siren,
    "stack": lambda: Stack(StackOptions(), tiny.CPU),
    "vqgan": vqgan,
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
    for name, error in (("pixels", 1e-5), ("fft", 1e-5), ("stack", 0.02), ("siren", 0.05)):
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


@pytest.mark.parametrize("name", ["pixels", "stack", "fft"])
def test_projection_changes_nothing_where_all_is_allowed(name: str) -> None:
    generator = MAKERS[name]()
    latent = generator.start(RNGS, 16, 16)
    before = [part.clone() for part in latent.parts]
    generator.project(latent)
    assert all(torch.equal(part, kept) for part, kept in zip(latent.parts, before, strict=True))


@pytest.mark.parametrize("name", ["pixels", "stack", "fft"])
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
    generator = vqgan()
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
    generator = vqgan()
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


def test_siren_is_deep_dazes_network() -> None:
    """Its formula, layer by layer, on a picture that is not square: rows go down, and pixels are square."""
    generator = siren(finest=1.0, first=20.0, hidden=10.0)
    latent = generator.start(RNGS, 8, 15)
    assert [tuple(part.shape) for part in latent.parts] == [
        (3, 16, 2), (3, 16), (3, 16, 16), (3, 16), (3, 16, 16), (3, 16), (3, 3, 16), (3, 3),
    ]  # fmt: skip
    bounds = [1 / 2, *[(6 / 16) ** 0.5 / 10] * 3]
    assert all(0.8 * b < part.abs().max() <= b for part, b in zip(latent.parts[::2], bounds, strict=True))
    weights = [part[1] for part in latent.parts]
    value = torch.tensor([2 * 5 / 14 - 7 / 14, 1.0])  # row 5 of 8, the last of 15 columns
    for layer, speed in ((0, 20), (1, 10), (2, 10)):
        value = torch.sin(speed * (weights[2 * layer] @ value + weights[2 * layer + 1]))
    assert torch.allclose((weights[6] @ value + weights[7] + 1) / 2, generator(latent)[1, :, 5, 14], atol=1e-5)


def test_siren_learns_a_picture_and_no_paler_one() -> None:
    """deep-daze's bug: what it learnt as 0..1 it showed as half as much contrast, and lighter."""
    images = torch.cat((torch.zeros(1, 3, 16, 8), torch.ones(1, 3, 16, 8)), 3)
    again = siren(prime=300, finest=1.0)(siren(prime=300).encode(images))
    assert again[..., :6].mean() < 0.1 and again[..., -6:].mean() > 0.9
    grey = siren(prime=0).encode(images)
    assert all(torch.equal(a, b) for a, b in zip(grey.parts, siren(prime=0).encode(1 - images).parts, strict=True))


def test_siren_paints_the_same_picture_at_any_size() -> None:
    generator = siren(finest=1.0)
    latent = generator.start([Rng(1)], 16, 16)
    larger = generator(Latent(latent.parts, 31, 31))
    assert torch.allclose(larger[..., ::2, ::2], generator(latent), atol=1e-4)


def test_sirens_sines_are_never_rounded() -> None:
    generator = siren(finest=1.0)
    latent = generator.start([Rng(1)], 16, 16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = generator(latent)
    assert rough.dtype == torch.float32 and 0 < (rough - generator(latent)).abs().max() < 0.05


def test_fft_holds_short_waves_back() -> None:
    """A wave of one length alone: twice as long, twice as strong; and the colours are lucid's."""
    generator = Fft(FftOptions(), tiny.CPU)
    spread = []
    for wave in (4, 2):
        parts = torch.zeros(1, 2, 3, 16, 9)
        parts[0, 0, 0, 0, wave] = 0.01
        image = generator(Latent((parts,), 16, 16))
        spread.append(image.std().item())
        red, green, blue = (image - 0.5).abs().amax((0, 2, 3)).tolist()
        assert green == pytest.approx(blue, rel=1e-3) and red / green == pytest.approx(26 / 27, rel=1e-2)
    assert spread[1] / spread[0] == pytest.approx(2, rel=1e-2)


def test_fft_is_exact_under_autocast() -> None:
    generator = Fft(FftOptions(), tiny.CPU)
    latent = generator.start([Rng(1)], 15, 17)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(generator(latent), generator(latent))
        rough = generator(latent)
    assert torch.equal(rough, generator(latent))


def test_logits_draw_codes_by_their_chances_and_show_the_likeliest() -> None:
    generator = Logits(vqgan(), LogitsOptions())
    logits = torch.full((1, 32, 8, 8), -50.0)
    logits[:, 3], logits[:, 20] = 1.0, 0.0
    latent = Latent((logits,), 16, 16)
    pictures = [generator.network.decode(generator.network.quantize.vectors(torch.full((1, 8, 8), code))) / 2 + 0.5 for code in (3, 20)]
    assert torch.allclose(generator(latent), pictures[0], atol=1e-5)
    draws = torch.cat([generator.draw(latent, [Rng(0)], step) for step in range(3)])
    assert not torch.allclose(draws[0], draws[1]) and torch.equal(draws[1:2], generator.draw(latent, [Rng(0)], 1))
    dice = Rng(0).uniform((1, 8, 8), "codes", 1)
    codes = torch.where(dice < torch.tensor([1.0, 0.0]).softmax(0)[0], 3, 20)
    assert torch.allclose(draws[1:2], generator.network.decode(generator.network.quantize.vectors(codes)) / 2 + 0.5, atol=1e-5)


def test_logits_gradient_is_as_if_the_softmax_had_mixed_the_codes() -> None:
    generator = Logits(vqgan(), LogitsOptions())
    logits = generator.start([Rng(1)], 16, 16).parts[0].requires_grad_()
    book = generator.network.quantize
    codes = logits.argmax(1)
    taken = book.vectors(codes).detach().requires_grad_()
    (generator.network.decode(taken) / 2 + 0.5).square().sum().backward()
    mixed = torch.einsum("bkhw,kd->bdhw", logits.softmax(1), book.embedding.weight)
    (wanted,) = torch.autograd.grad(mixed, logits, taken.grad)
    generator(Latent((logits,), 16, 16)).square().sum().backward()
    assert logits.grad is not None and torch.allclose(logits.grad, wanted, atol=1e-4)


@pytest.mark.parametrize("sure", [0.3, 0.9])
def test_logits_start_as_sure_of_a_pictures_codes_as_asked(sure: float) -> None:
    generator = Logits(vqgan(), LogitsOptions(sure=sure))
    latent = generator.encode(picture())
    assert torch.allclose(latent.parts[0].softmax(1).amax(1), torch.tensor(sure), atol=1e-3)
    assert torch.allclose(generator(latent), vqgan()(vqgan().encode(picture())), atol=1e-4)


def test_only_what_draws_is_a_drawing(generator: Generator) -> None:
    assert isinstance(generator, Drawing) == isinstance(generator, Logits)


def test_vqgan_may_start_and_stay_out_of_the_books_bounds() -> None:
    generator = vqgan(first="uniform", bounds=False)
    part = generator.start(RNGS, 64, 64).parts[0]
    assert part.shape == (3, 8, 32, 32) and 0 <= part.min() < 0.01 and 1.99 < part.max() < 2
    before = part.clone()
    generator.project(Latent((part,), 64, 64))
    assert torch.equal(part, before)


def biggan(**options: Any) -> BigganGenerator:
    return BigganGenerator(tiny.biggan(), BigganOptions(**options), tiny.CPU)


def test_biggan_may_start_from_a_little_of_every_class() -> None:
    generator = biggan(first="mix", shares="sigmoid", tries=400)
    noise, raw = generator.choices(Rng(0), 16, 16).parts
    assert noise.shape == (400, 3, 4) and raw.shape == (400, 3, 5)
    assert raw.mean().item() == pytest.approx(-3.9, abs=0.02) and raw.std().item() == pytest.approx(0.3, abs=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.05) and noise.std().item() == pytest.approx(1, abs=0.05)
    together, alone = generator.start(RNGS, 16, 16), generator.start([Rng(2)], 16, 16)
    assert all(torch.equal(part[1:2], own) for part, own in zip(together.parts, alone.parts, strict=True))
    assert not torch.equal(together.parts[0][:, 0], together.parts[0][:, 1])  # each layer its own


def test_the_likeliest_classes_come_one_after_the_other() -> None:
    raw = torch.tensor([[2.0, 0.0, 4.0, 1.0]], dtype=torch.float64)
    first = raw[0].div(2).softmax(0)[2]
    second = raw[0, [0, 1, 3]].div(2).softmax(0)[0]
    assert torch.allclose(likeliest(raw, 2, 2.0), torch.stack((second, second * 0, first, second * 0))[None])
    assert torch.allclose(likeliest(raw, 9, 2.0)[0, 1], torch.ones((), dtype=torch.float64))  # the last one has nobody beside it
    generator = biggan(max_classes=2)
    latent = generator.start(RNGS, 16, 16)
    latent.parts[1].requires_grad_()
    generator(latent).square().sum().backward()
    assert latent.parts[1].grad is not None and latent.parts[1].grad.isfinite().all() and latent.parts[1].grad.any()


def test_biggans_penalties_are_big_sleeps() -> None:
    """Per dream, by its formulas written out; numpy's moments are biased, its spread here is not."""
    noise, shares = Rng(3).normal((2, 3, 64), "noise") * 1.3 + 0.2, Rng(4).uniform((2, 3, 7), "shares")
    for row in range(2):
        z = noise[row].double()
        by = z - z.mean(1, keepdim=True)
        deviation = by.square().mean(1).sqrt()
        skew, kurtosis = by.pow(3).mean(1) / deviation**3, by.pow(4).mean(1) / deviation**4
        wanted = (1 - z.std(1)).abs().mean() + z.mean(1).abs().mean() + 4 * max(z.square().mean().item(), 1.0)
        wanted = wanted + ((kurtosis - 3).abs() + skew.abs()).sum() / 3
        assert unlike_noise(noise)[row].item() == pytest.approx(wanted.item(), rel=1e-5)
        few = (50 * shares[row].double().topk(6, largest=False, dim=1).values).square().mean()
        assert many_classes(shares)[row].item() == pytest.approx(few.item(), rel=1e-5)
    assert unlike_noise(torch.zeros(1, 2, 8)).isfinite().all()


def test_biggans_penalties_come_as_a_prior_and_instead_of_bounds() -> None:
    generator = biggan(penalties=0.01, first="mix", shares="sigmoid")
    latent = generator.start(RNGS, 16, 16)
    noise, raw = latent.parts
    prior = generator.prior(latent)
    assert prior is not None and torch.allclose(prior, 0.01 * (unlike_noise(noise) + many_classes(raw.sigmoid())))
    noise.mul_(100)
    before = noise.clone()
    generator.project(latent)
    assert torch.equal(noise, before)


def test_biggan_mixes_the_best_of_its_starts() -> None:
    generator = biggan(basis=3)
    ranked = generator.choices(Rng(0), 16, 16)
    latent = generator.mixed(ranked)
    noise, raw, weights = (part.clone().requires_grad_() for part in latent.parts)
    assert noise.shape == (1, 3, 3, 4) and raw.shape == (1, 3, 3, 5) and weights.shape == (1, 3, 3)
    assert torch.allclose(weights.softmax(1)[0, :, 0], torch.tensor([0.5, 0.25, 0.25]))
    generator(Latent((noise, raw, weights), 16, 16)).square().sum().backward()
    assert all(part.grad is not None and part.grad.flatten(2).any(2).all() for part in (noise, raw, weights))
    with torch.no_grad():
        sure = Latent((noise, raw, torch.tensor([0.0, 50.0, 0.0]).view(1, 3, 1).expand(1, 3, 3)), 16, 16)
        assert torch.allclose(generator(sure), generator(rows(ranked, slice(1, 2))), atol=1e-5)
    assert all(torch.equal(a, b[:1]) for a, b in zip(biggan().mixed(ranked).parts, ranked.parts, strict=True))
