"""Cut-outs: true to the picture, free of aliasing, fair to its edges, and the same alone as among others."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.cutouts import Cutter, Geometry
from reverie.options.cutouts import Options as CutoutOptions
from reverie.rng import Rng

STILL = CutoutOptions(turn=0, stretch=0, perspective=0, flip=0, small=0, jitter=0, noise=0, erase=0)
CUTTER = Cutter(views=8, size=16, share=(0.6, 1.1))


def noise(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def places(height: int, width: int) -> Tensor:
    """A picture whose red is its x and whose green is its y, in parts of the frame."""
    x, y = (torch.arange(width) + 0.5) / width, (torch.arange(height) + 0.5) / height
    return torch.stack((x.expand(height, width), y.view(-1, 1).expand(height, width), torch.zeros(height, width))).unsqueeze(0)


@pytest.mark.parametrize(("side", "level"), [(32, 0), (64, 1), (128, 2)])
def test_the_whole_frame_is_the_picture_averaged_down(side: int, level: int) -> None:
    images = noise(2, 3, side, side)
    whole = Geometry(torch.eye(3).expand(2, 3, 3), torch.full((2, 1, 4), 0.5), (level, level))
    views = replace(CUTTER, views=1).cut(images, whole)
    assert torch.allclose(views, F.interpolate(images, size=(16, 16), mode="area"), atol=1e-5)


@pytest.mark.parametrize("cell", [1, 2])
@pytest.mark.parametrize("side", [96, 200, 256])
def test_a_fine_checkerboard_becomes_grey(side: int, cell: int) -> None:
    axis = torch.arange(side) // cell
    board = ((axis + axis.view(-1, 1)) % 2).float().expand(1, 3, side, side)
    views = CUTTER.cut(board, CUTTER.draw([Rng(0)], 0, 0.0, side, side))
    # A view pixel spans at least 3.6 picture pixels here: what is left of cells this small is the average.
    assert (views - 0.5).abs().max() < (0.12 if cell == 1 else 0.3)
    assert (views - 0.5).square().mean().sqrt() < 0.08


def test_edges_are_seen_as_often_as_the_centre() -> None:
    images = torch.full((1, 3, 64, 64), 0.5, requires_grad=True)
    cutter = replace(CUTTER, views=24)
    for step in range(40):
        cutter.cut(images, cutter.draw([Rng(1)], step, 0.0, 64, 64)).sum().backward()
    assert images.grad is not None
    for axis in (2, 3):
        bands = images.grad.sum((0, 1, 5 - axis)).view(8, 8).sum(1)
        bands = bands / bands.mean()
        assert bands.min() > 0.8 and bands.max() < 1.22, bands.tolist()


@pytest.mark.parametrize(("height", "width"), [(64, 64), (40, 120), (150, 50)])
def test_views_are_not_distorted(height: int, width: int) -> None:
    def lengths(options: CutoutOptions) -> Tensor:
        maps = replace(CUTTER, views=64, options=options).draw([Rng(3)], 0, 0.9, height, width).maps
        pixels = torch.tensor([[width], [height]]) * maps[:, :2, :2]
        found: Tensor = torch.linalg.svdvals(pixels)
        return found[:, 0] / found[:, 1]

    assert torch.allclose(lengths(CutoutOptions(stretch=0, perspective=0)), torch.ones(64), atol=1e-4)
    stretched = lengths(CutoutOptions(perspective=0)).log()
    assert 0 < stretched.mean() < 0.3 and stretched.max() < 2 * 4 * 0.06  # four standard deviations, each way


@pytest.mark.parametrize(("height", "width"), [(96, 96), (64, 160), (160, 64)])
def test_boxes_say_where_views_were_cut(height: int, width: int) -> None:
    cutter = Cutter(views=80, size=16, share=(0.2, 0.7), options=STILL)
    geometry = cutter.draw([Rng(0)], 0, 0.0, height, width)
    views = cutter.cut(places(height, width), geometry)
    inside = 0
    for view, (x, y, w, h) in zip(views, geometry.boxes[0].tolist(), strict=True):
        if x - w / 2 < 0 or x + w / 2 > 1 or y - h / 2 < 0 or y + h / 2 > 1:
            continue
        inside += 1
        red, green = view[0], view[1]
        assert red.mean().item() == pytest.approx(x, abs=0.02) and green.mean().item() == pytest.approx(y, abs=0.02)
        assert (red[:, -1] - red[:, 0]).mean().item() == pytest.approx(w * 15 / 16, abs=0.03)
        assert (green[-1] - green[0]).mean().item() == pytest.approx(h * 15 / 16, abs=0.03)
    assert inside >= 5


def test_sides_cover_the_share_evenly() -> None:
    geometry = replace(CUTTER, views=50).draw([Rng(0)], 0, 0.0, 64, 64)
    shares = geometry.boxes[0, :, 2]
    assert torch.equal(shares, geometry.boxes[0, :, 3])
    assert 0.6 <= shares.min() < 0.62 and 1.08 < shares.max() <= 1.1
    assert torch.equal(shares, shares.sort().values)  # one from each slice


def test_small_views_come_late() -> None:
    cutter = replace(CUTTER, views=50, options=CutoutOptions(small=0.3))
    early, late = (cutter.draw([Rng(0)], 0, progress, 64, 64).boxes[0, :, 2] for progress in (0.4, 0.6))
    assert early.min() >= 0.6
    assert 5 <= (late < 0.6).sum() <= 25 and late.min() >= 0.36


def test_flip_mirrors() -> None:
    def slopes(flip: float) -> Tensor:
        cutter = replace(CUTTER, views=20, share=(0.3, 0.5), options=STILL.model_copy(update={"flip": flip}))
        views = cutter.cut(places(64, 64), cutter.draw([Rng(0)], 0, 0.0, 64, 64))
        return (views[:, 0, :, 1:] - views[:, 0, :, :-1]).median(-1).values.median(-1).values

    assert slopes(0.0).median() > 0 > slopes(1.0).median()
    assert torch.allclose(slopes(0.0), -slopes(1.0), atol=1e-5)


def test_beyond_the_frame_is_mirrored() -> None:
    images = places(32, 32)
    shifted = Geometry(torch.tensor([[[1.0, 0, 1], [0, 1, 0], [0, 0, 1]]]), torch.zeros(1, 1, 4), (0,))
    view = replace(CUTTER, views=1).cut(images, shifted)[0, 0]
    assert torch.allclose(view, view.flip(1), atol=1e-5)
    assert view[0, 0].item() == pytest.approx(0.5, abs=0.05) and view[0, 7].item() == pytest.approx(1, abs=0.05)


def test_a_dream_is_cut_alike_alone_and_among_others() -> None:
    images, rngs = noise(3, 3, 70, 50), [Rng(5), Rng(6), Rng(7)]
    together = CUTTER.draw(rngs, 4, 0.9, 70, 50)
    views = CUTTER.disturb(CUTTER.cut(images, together), rngs, 4).view(3, 8, 3, 16, 16)
    for i, rng in enumerate(rngs):
        alone = CUTTER.draw([rng], 4, 0.9, 70, 50)
        assert torch.equal(alone.maps, together.maps[8 * i : 8 * i + 8])
        assert torch.equal(alone.boxes[0], together.boxes[i])
        assert torch.equal(CUTTER.disturb(CUTTER.cut(images[i : i + 1], alone), [rng], 4), views[i])


def test_views_of_many_levels_keep_their_order() -> None:
    cutter = Cutter(views=12, size=8, share=(0.05, 1.1), options=STILL.model_copy(update={"small": 1.0}))
    images = noise(2, 3, 200, 120)
    geometry = cutter.draw([Rng(0), Rng(1)], 0, 0.0, 200, 120)
    assert len(set(geometry.levels)) > 2
    views = cutter.cut(images, geometry)
    for i, level in enumerate(geometry.levels):
        one = Geometry(geometry.maps[i : i + 1], geometry.boxes[:1, :1], (level,))
        assert torch.equal(replace(cutter, views=1).cut(images[i // 12 : i // 12 + 1], one)[0], views[i])


def test_every_step_and_seed_sees_other_views() -> None:
    draws = [CUTTER.draw([Rng(seed)], step, 0.0, 64, 64).maps for seed, step in ((0, 0), (0, 1), (1, 0))]
    assert not torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])


def test_without_disturbance_views_stay_as_they_are() -> None:
    views = noise(8, 3, 16, 16)
    assert torch.allclose(replace(CUTTER, options=STILL).disturb(views, [Rng(0)], 0), views, atol=1e-6)


def test_erasing_hides_a_patch_from_the_gradient() -> None:
    options = STILL.model_copy(update={"erase": 1.0})
    views = noise(8, 3, 16, 16).requires_grad_()
    disturbed = replace(CUTTER, options=options).disturb(views, [Rng(0)], 0)
    disturbed.sum().backward()
    assert views.grad is not None
    hidden = (views.grad == 0).all(1).float().mean((1, 2))
    assert hidden.max() <= 0.0904 and hidden.mean() > 0.02  # up to 4 or 5 of 16 pixels each way, less over the edge
    assert set(views.grad.unique().tolist()) == {0.0, 1.0}
    assert not torch.allclose(disturbed, views)


def test_disturbed_views_stay_in_range_and_differ() -> None:
    views = noise(16, 3, 16, 16)
    wild = replace(CUTTER, options=CutoutOptions(jitter=1, noise=1))
    disturbed = wild.disturb(views, [Rng(0), Rng(1)], 0)
    assert disturbed.min() >= 0 and disturbed.max() <= 1
    assert not torch.allclose(disturbed[:8] - views[:8], disturbed[8:] - views[8:])


def test_the_smallest_picture_can_be_cut() -> None:
    for height, width in ((8, 8), (1, 1), (3, 200)):
        views = CUTTER.cut(noise(1, 3, height, width), CUTTER.draw([Rng(0)], 0, 0.0, height, width))
        assert views.shape == (8, 3, 16, 16) and views.isfinite().all()
