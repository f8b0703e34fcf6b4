"""The camera: when it moves, where it looks, and that what is between two pictures ends in either."""

from __future__ import annotations

import numpy as np
from PIL import Image

from reverie.camera import Camera
from reverie.dream import Dream


def camera(**change: object) -> Camera:
    return Camera.model_validate({"zoom": 1.0, "shift": (0, 0), "every": 10, "start": 0} | change)


def spot(x: int = 32, y: int = 24) -> Image.Image:
    image = Image.new("RGB", (64, 48))
    image.paste((255, 255, 255), (x - 4, y - 4, x + 4, y + 4))
    return image


def lit(image: Image.Image) -> tuple[float, float, float]:
    """How much light there is, and where its middle is."""
    grey = np.asarray(image.convert("L")).astype(float) / 255
    rows, columns = np.indices(grey.shape)
    return grey.sum(), (grey * (columns + 0.5)).sum() / grey.sum(), (grey * (rows + 0.5)).sum() / grey.sum()


def test_only_a_dream_that_moves_has_one() -> None:
    assert Camera.of(Dream("x")) is None
    assert Camera.of(Dream("x", zoom_every=5)) is None
    assert Camera.of(Dream("x", shift="-2,1", zoom_every=5, zoom_start=7)) == camera(shift=(-2, 1), every=5, start=7)


def test_when_it_moves() -> None:
    found = camera(every=5, start=7)
    assert [found.due(step) for step in (0, 7, 10, 11)] == [10, 10, 10, 15]
    assert camera().due(0) == 0


def test_it_zooms_about_the_centre() -> None:
    for zoom in (0.7, 0.9, 1.5, 2.0):
        light, x, y = lit(camera(zoom=zoom).moved(spot()))
        assert abs(light - 64 * zoom**2) < 6 and abs(x - 32) < 0.1 and abs(y - 24) < 0.1


def test_it_mirrors_what_is_beyond_the_edges() -> None:
    """Where the original had black, which was enlarged with all else."""
    assert camera(zoom=0.5).moved(Image.new("RGB", (64, 48), (9, 99, 200))).getcolors() == [(64 * 48, (9, 99, 200))]


def test_what_leaves_on_one_side_comes_in_on_the_other() -> None:
    found = np.asarray(camera(shift=(10, -3)).moved(spot()))
    assert np.array_equal(found, np.roll(np.asarray(spot()), (-3, 10), (0, 1)))


def test_opacity_moves_along() -> None:
    image = Image.new("RGBA", (16, 16), (255, 0, 0, 128))
    assert camera(zoom=1.3).moved(image).getcolors() == [(256, (255, 0, 0, 128))]


def test_between_two_pictures() -> None:
    found = camera(zoom=1.4, shift=(6, 0))
    first = spot()
    last = found.moved(first)
    assert np.array_equal(np.asarray(found.between(first, last, 0.0)), np.asarray(first))
    assert np.abs(np.asarray(found.between(first, last, 1.0)).astype(int) - np.asarray(last)).max() <= 1
    light, x, _ = lit(found.between(first, last, 0.5))
    assert lit(first)[0] < light < lit(last)[0] and abs(x - 35) < 0.5
