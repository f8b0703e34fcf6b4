"""The originals' cut methods: where they cut, what they do to views, and the same alone as among others."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from reverie import registry
from reverie.cuts import methods
from reverie.cuts.augments import Augments, letters
from reverie.cuts.notebooks import NotebookCutter
from reverie.cuts.resample import lanczos
from reverie.cuts.squares import DeepDazeCutter, Squares, offsets, sampled
from reverie.errors import BadRequest
from reverie.options import of_cuts
from reverie.options.cutouts_deep_daze import Options as DeepDazeOptions
from reverie.options.cutouts_notebook import LETTERS
from reverie.rng import Rng
from reverie.types import Cutter

METHODS = (*methods.NOTEBOOKS, "big-sleep", "deep-daze")


def make(method: str, views: int = 6, size: int = 16, **options: Any) -> Cutter:
    return methods.cutter(method, views, size, registry.part_options(of_cuts(method)).model_validate(options))


def picture(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def look(cutter: Cutter, images: Tensor, rngs: list[Rng], step: int = 3) -> Tensor:
    geometry = cutter.draw(rngs, step, 0.5, *images.shape[-2:])
    assert geometry.boxes.shape == (len(rngs), cutter.views, 4)
    return cutter.disturb(cutter.cut(images, geometry), rngs, step)


@pytest.mark.parametrize("method", METHODS)
def test_a_dream_sees_the_same_alone_as_among_others(method: str) -> None:
    cutter, images, dice = make(method), picture(3, 3, 40, 56), torch.get_rng_state()
    together = look(cutter, images, [Rng(5), Rng(6), Rng(7)])
    alone = look(cutter, images[1:2], [Rng(6)])
    assert together.shape == (18, 3, 16, 16)
    assert torch.allclose(together[6:12], alone, atol=1e-6)
    assert torch.equal(torch.get_rng_state(), dice), "it drew from dice that are not the dream's"


@pytest.mark.parametrize("method", METHODS)
def test_every_step_sees_something_else_and_gradients_come_back(method: str) -> None:
    cutter, images = make(method), picture(1, 3, 40, 40).requires_grad_()
    first, second = (look(cutter, images, [Rng(1)], step) for step in (0, 1))
    assert not torch.equal(first, second)
    first.square().sum().backward()
    assert images.grad is not None and images.grad.isfinite().all() and images.grad.abs().sum() > 0


@pytest.mark.parametrize("method", ["original", "big-sleep", "deep-daze"])
@pytest.mark.parametrize("frame", [(40, 40), (24, 90), (90, 24), (8, 8)])
def test_squares_lie_in_the_frame(method: str, frame: tuple[int, int]) -> None:
    for step in range(30):
        for top, left, side in make(method).draw([Rng(2)], step, 0.0, *frame).places:
            assert 0 < side <= min(frame) and 0 <= top <= frame[0] - side and 0 <= left <= frame[1] - side


def sides(cutter: Cutter, side: int, steps: int = 60, progress: float = 0.0) -> Tensor:
    places = [place for step in range(steps) for place in cutter.draw([Rng(3)], step, progress, side, side).places]
    return torch.tensor([float(place[2]) for place in places]) / side


def test_notebook_cuts_are_as_large_as_the_power_says() -> None:
    even, small = sides(make("original"), 160), sides(make("original", power=2.0), 160)
    assert even.min() >= 0.1 and even.max() <= 1
    assert abs(even.mean() - 0.55) < 0.03 and abs(small.mean() - (0.1 + 0.9 / 3)) < 0.03


def test_big_sleeps_sides_are_normal_between_a_half_and_nearly_all() -> None:
    found = sides(make("big-sleep"), 200)
    assert found.min() == 0.5 and 0.94 < found.max() <= 0.95
    assert abs((found > 0.94).float().mean() - 0.31) < 0.06  # what lies beyond half a standard deviation


def test_deep_dazes_sides_and_how_they_grow() -> None:
    found = sides(make("deep-daze"), 200)
    assert found.min() >= 0.1 and found.max() < 1 and abs(found.mean() - 0.55) < 0.05
    assert sides(make("deep-daze", saturate=True), 200, progress=1.0).min() >= 0.75
    assert 0.425 <= sides(make("deep-daze", saturate=True), 200, progress=0.5).min() < 0.5
    narrow = sides(make("deep-daze", low=0.3, high=0.5), 200)
    assert 0.3 <= narrow.min() < 0.32 and 0.48 < narrow.max() < 0.5
    bell = sides(make("deep-daze", gauss=True, spread=0.05), 200)
    assert (bell - 0.6).abs().mean() < 0.06, "a normal distribution, unlike deep-daze's own, which never used it"


def test_cuts_around_the_middle() -> None:
    def spread(focus: float | None) -> float:
        tops = [float(place[0]) for step in range(80) for place in offsets(Rng(4), step, [20] * 6, (100, 100), focus)]
        assert min(tops) >= 0 and max(tops) <= 80
        return torch.tensor(tops).std().item()

    assert spread(4.0) < 0.6 * spread(None)
    places = make("big-sleep", centre=True).draw([Rng(4)], 0, 0.0, 100, 100).places
    assert places != make("big-sleep").draw([Rng(4)], 0, 0.0, 100, 100).places


def test_no_cuts_at_all() -> None:
    cutter = DeepDazeCutter(4, 16, DeepDazeOptions(whole=True))
    images = picture(2, 3, 32, 64)
    seen = look(cutter, images, [Rng(0), Rng(1)])
    assert torch.equal(seen[:4], F.interpolate(images[:1], (16, 16), mode="bilinear", align_corners=False).expand(4, -1, -1, -1))


def test_pooling_shows_the_whole_picture_between_its_mean_and_its_maximum() -> None:
    cutter, images = make("latest", augments=""), picture(1, 3, 32, 32)
    geometry = cutter.draw([Rng(0)], 0, 0.0, 32, 32)
    expected = (F.avg_pool2d(images, 2) + F.max_pool2d(images, 2)) / 2
    assert torch.allclose(cutter.cut(images, geometry), expected.expand(6, -1, -1, -1))


def test_grain_is_as_strong_as_asked() -> None:
    plain, grainy = (look(make("latest", augments="", noise=noise), picture(1, 3, 32, 32), [Rng(0)]) for noise in (0.0, 0.1))
    grain = (grainy - plain).flatten(1).std(1)
    assert grain.max() <= 0.12 and grain.min() < grain.max() / 2, "each view has its own strength"


@pytest.mark.parametrize("resample", ["nearest", "bilinear", "lanczos"])
def test_big_sleep_resamples_as_asked(resample: str) -> None:
    images = torch.full((1, 3, 50, 50), 0.25)
    assert torch.allclose(look(make("big-sleep", resample=resample), images, [Rng(0)]), torch.tensor(0.25), atol=1e-5)


def test_how_big_sleep_resamples() -> None:
    """From a cut of known size: some of its own pixels, or what torch makes of them, or the notebooks' blur of three lobes."""
    images, geometry = picture(1, 3, 50, 50), make("big-sleep", views=1).draw([Rng(0)], 0, 0.0, 50, 50)
    (cut,) = geometry.cut(images)
    found = {how: make("big-sleep", views=1, resample=how).cut(images, geometry) for how in ("nearest", "bilinear", "lanczos")}
    assert set(found["nearest"].flatten().tolist()) <= set(cut.flatten().tolist())
    assert torch.equal(found["bilinear"], F.interpolate(cut, (16, 16), mode="bilinear", align_corners=False))
    assert torch.equal(found["lanczos"], lanczos(cut, 16, lobes=3))


def by_hand(row: list[float], size: int, lobes: int) -> list[float]:
    """One line by the formula: weights L(t) at multiples of the ratio, mirrored at the ends, then bicubic."""
    ratio = size / len(row)
    half = math.ceil(lobes / ratio + 1) - 2

    def weight(t: float) -> float:
        if t == 0:
            return 1.0
        return 0.0 if abs(t) >= lobes else math.sin(math.pi * t) * math.sin(math.pi * t / lobes) * lobes / (math.pi * t) ** 2

    weights = [weight(k * ratio) for k in range(-half, half + 1)]
    mirrored = row[half:0:-1] + row + row[-2 : -half - 2 : -1]
    blurred = [sum(w * mirrored[i + k] for k, w in enumerate(weights)) / sum(weights) for i in range(len(row))]
    line = torch.tensor(blurred).view(1, 1, 1, -1).expand(1, 1, 2, -1)
    return F.interpolate(line, (2, size), mode="bicubic", align_corners=True)[0, 0, 0].tolist()


@pytest.mark.parametrize("lobes", [2, 3])
def test_lanczos_is_the_formula(lobes: int) -> None:
    row = picture(40)
    images = row.view(1, 1, 1, -1).expand(1, 3, 40, 40)  # alike from top to bottom, so that only one axis counts
    found = lanczos(images, 16, lobes)
    assert torch.allclose(found[0, 1, 5], torch.tensor(by_hand(row.tolist(), 16, lobes)), atol=1e-5)
    assert lanczos(picture(1, 3, 9, 9), 16).shape == (1, 3, 16, 16)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("small", [False, True])
def test_every_letter_does_something(letter: str, small: bool) -> None:
    views, changed = picture(6, 3, 32, 32), 0
    for step in range(3):
        seen = Augments((letter,), 32, small)(views, [Rng(1)], step)
        assert seen.shape == views.shape and seen.isfinite().all()
        changed += int((seen - views).abs().sum() > 1e-3)
    if letter == "Cr":
        assert not changed, "views have the size that it crops to"
    else:
        assert changed, "with probability 0.5 or 0.7 each, six views three times over"


# VQGAN-CLIP's numbers, as kornia says them.
NUMBERS = {
    "Ji": "ColorJitter(brightness=0.1, contrast=0.1, saturation=0.1, hue=0.1, p=0.7,",
    "Sh": "RandomSharpness(sharpness=0.3, p=0.5,",
    "Gn": "RandomGaussianNoise(mean=0.0, std=1.0, p=0.5,",
    "Pe": "RandomPerspective(distortion_scale=0.7, p=0.7,",
    "Ro": "RandomRotation(degrees=15, p=0.7,",
    "Af": "RandomAffine(degrees=15, translate=0.1, scale=None, shear=5, p=0.7, p_batch=1.0, same_on_batch=False, resample=bilinear, "
    "padding_mode=zeros,",
    "Et": "RandomElasticTransform(p=0.7,",
    "Ts": "RandomThinPlateSpline(p=0.7, p_batch=1.0, same_on_batch=True,",
    "Cr": "RandomCrop(crop_size=(32, 32), p=1.0, p_batch=0.5, same_on_batch=False, size=(32, 32), padding=None, pad_if_needed=True, "
    "fill=0, padding_mode=reflect,",
    "Er": "RandomErasing(scale=(0.1, 0.4), resize_to=(0.3, 3.3333333333333335), value=0.0, p=0.7, p_batch=1.0, same_on_batch=True",
    "Re": "RandomResizedCrop(scale=(0.1, 1), resize_to=(0.75, 1.333), output_size=(32, 32), p=1.0, p_batch=0.5, same_on_batch=False, "
    "size=(32, 32), resample=bilinear, align_corners=True, cropping_mode=resample,",
    "Hf": "RandomHorizontalFlip(p=0.5,",
    "Pe of nrupdated": "RandomPerspective(distortion_scale=0.5, p=0.7,",
    "Af of nrupdated": "RandomAffine(degrees=30, translate=0.1, scale=None, shear=5, p=0.7, p_batch=1.0, same_on_batch=False, "
    "resample=bilinear, padding_mode=zeros,",
}
CHAINS = {
    "updated": [
        NUMBERS["Hf"], "ColorJitter(brightness=0.0, contrast=0.0, saturation=0.01, hue=0.01, p=0.7,",
        "RandomSharpness(sharpness=0.3, p=0.4,",
        "RandomAffine(degrees=30, translate=0.1, scale=None, shear=None, p=0.8, p_batch=1.0, same_on_batch=False, resample=bilinear, "
        "padding_mode=border,", "RandomPerspective(distortion_scale=0.2, p=0.4,",
    ],
    "updatedpooling": [
        "RandomAffine(degrees=15, translate=0.1, scale=None, shear=None, p=0.7, p_batch=1.0, same_on_batch=False, resample=bilinear, "
        "padding_mode=border,", NUMBERS["Pe"], "ColorJitter(brightness=0.0, contrast=0.0, saturation=0.1, hue=0.1, p=0.7,", NUMBERS["Er"],
    ],
}  # fmt: skip


def told(augment: Any) -> str:
    return str(getattr(augment, "dice", augment))


@pytest.mark.parametrize("letter", NUMBERS)
def test_a_letters_numbers_are_the_originals(letter: str) -> None:
    (augment,) = Augments((letter[:2],), 32, small="nrupdated" in letter).chain
    assert told(augment).startswith(NUMBERS[letter])


@pytest.mark.parametrize("method", CHAINS)
def test_a_methods_own_numbers_are_the_originals(method: str) -> None:
    cutter = make(method)
    assert isinstance(cutter, NotebookCutter) and cutter.augment is not None
    assert len(cutter.augment.chain) == len(CHAINS[method])
    assert all(told(one).startswith(said) for one, said in zip(cutter.augment.chain, CHAINS[method], strict=True))


def test_the_first_notebook_augments_nothing_and_clamps() -> None:
    """And lets what is out of range come back."""
    cutter, images = make("original"), (picture(1, 3, 40, 40) * 3 - 1).requires_grad_()
    cut = cutter.cut(images, cutter.draw([Rng(1)], 0, 0.0, 40, 40))
    seen = cutter.disturb(cut, [Rng(1)], 0)
    assert torch.equal(seen, cut.clamp(0, 1)) and not torch.equal(seen, cut)
    (slope,) = torch.autograd.grad((seen - 0.5).square().sum(), cut)
    assert (slope != 0)[cut > 1].all() and (slope != 0)[cut < 0].all()


def test_letters_come_in_the_order_that_was_given() -> None:
    cutter = make("latest", augments="Er Af Ji")
    assert isinstance(cutter, NotebookCutter) and cutter.augment is not None
    assert [told(one).partition("(")[0] for one in cutter.augment.chain] == ["RandomErasing", "RandomAffine", "ColorJitter"]


def test_pooling_squashes_what_is_not_square() -> None:
    cutter, images = make("latest", augments="", noise=0), picture(1, 3, 32, 64)
    expected = (F.avg_pool2d(images, (2, 4)) + F.max_pool2d(images, (2, 4))) / 2
    assert torch.allclose(look(cutter, images, [Rng(0)]), expected.expand(6, -1, -1, -1))


def test_eleutherais_letter_mirrors_one_view_in_two() -> None:
    views = picture(40, 3, 8, 8)
    seen = Augments(("Hf",), 8)(views, [Rng(1)], 0)
    mirrored = [torch.equal(one, whole.flip(-1)) for one, whole in zip(seen, views, strict=True)]
    assert 10 < sum(mirrored) < 30
    assert all(turned or torch.equal(one, whole) for turned, one, whole in zip(mirrored, seen, views, strict=True))


def test_letters_are_read_as_people_write_them() -> None:
    assert letters("Af Pe Ji Er") == letters("AfPeJiEr") == letters("Af,Pe, Ji,Er") == ("Af", "Pe", "Ji", "Er")
    assert letters("") == ()
    with pytest.raises(BadRequest, match="augmentation 'Xx'.*Af"):
        letters("AfXx")


def test_boxes_say_where_squares_lie() -> None:
    boxes = Squares.of([(10, 20, 20), (0, 0, 40)], 1, 40, 80).boxes
    assert torch.allclose(boxes[0], torch.tensor([[0.375, 0.5, 0.25, 0.5], [0.25, 0.5, 0.5, 1.0]]))


@pytest.mark.parametrize("method", ["latest", "updated", "nrupdated", "updatedpooling"])
def test_all_dreams_augmented_together_are_each_augmented_alone(method: str) -> None:
    """As on a GPU, which would wait for the CPU to tell it of every dream."""
    cutter, views, rngs = make(method), picture(12, 3, 32, 32), [Rng(1), Rng(2)]
    assert isinstance(cutter, NotebookCutter) and cutter.augment is not None
    for step in range(4):
        drawn = [cutter.augment._drawn(rng, step, views[:6].shape) for rng in rngs]
        assert torch.allclose(cutter.augment._done(views, drawn), cutter.augment(views, rngs, step), atol=1e-6)


@pytest.mark.parametrize("size", [(40, 40), (33, 50), (64, 20)])
@pytest.mark.parametrize(("method", "how"), [("big-sleep", "nearest"), ("big-sleep", "bilinear"), ("deep-daze", "bilinear")])
def test_all_squares_sampled_together_are_each_scaled_alone(method: str, how: str, size: tuple[int, int]) -> None:
    """As on a GPU; and what comes back of each pixel is the same."""
    options: dict[str, Any] = {"resample": how} if method == "big-sleep" else {}
    cutter, images, rngs = make(method, **options), picture(2, 3, *size).requires_grad_(), [Rng(1), Rng(2)]
    squares = cutter.draw(rngs, 0, 0.0, *size)
    alone, together = cutter.cut(images, squares), sampled(images, squares, cutter.size, how)
    assert torch.allclose(alone, together, atol=1e-5)
    weights = torch.linspace(-1, 1, alone.numel()).view_as(alone)
    one, other = (torch.autograd.grad((found * weights).sum(), images)[0] for found in (alone, together))
    assert torch.allclose(one, other, atol=1e-4)
