"""Where dreams begin, and masks: what is kept is kept to the byte, what is painted is painted, in any generator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from PIL import Image

from reverie.build import frames
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.images import mask_of, padding_of, softened
from reverie.types import Frame


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """White in the left half."""
    half = Image.new("L", (32, 32), 0)
    half.paste(255, (0, 0, 16, 32))
    half.save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def painted(dream: Dream) -> Frame:
    return list(frames([dream], device="cpu"))[-1]


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan"])
@pytest.mark.parametrize("edge", [0, 6])
def test_what_the_mask_keeps_is_the_picture_to_the_byte(networks: tiny.Options, photo: Path, disc: Path, generator: str, edge: int) -> None:
    dream = tiny.dream(networks, generator=generator, init=str(photo), mask=str(disc), mask_edge=edge, precision="bf16")
    pixels, before = painted(dream).pixels, torch.from_numpy(np.array(Image.open(photo)))
    assert torch.equal(pixels[:, 16:], before[:, 16:])
    assert not torch.equal(pixels[:, :16], before[:, :16])


def test_the_canvas_can_be_larger_than_the_picture(networks: tiny.Options, photo: Path) -> None:
    dream = tiny.dream(networks, init=str(photo), size="64x32", fit="pad", mask="padding", mask_edge=4)
    pixels, before = painted(dream).pixels, torch.from_numpy(np.array(Image.open(photo)))
    assert torch.equal(pixels[:, 16:48], before)
    assert pixels[:, :8].float().std() > 0


def test_masked_dreams_of_different_pictures_share_a_batch(networks: tiny.Options, photo: Path, disc: Path, tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), "teal").save(tmp_path / "other.png")
    dreams = [tiny.dream(networks, init=str(path), mask=str(disc)) for path in (photo, tmp_path / "other.png")]
    last = [frame for frame in frames(dreams, device="cpu") if frame.final]
    for frame, path in zip(last, (photo, tmp_path / "other.png"), strict=True):
        assert torch.equal(frame.pixels[:, 16:], torch.from_numpy(np.array(Image.open(path)))[:, 16:])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"mask": "mask.png"}, "give that picture, as --init"),
        ({"mask": "mask.png", "init": "noise"}, "give that picture, as --init"),
        ({"mask": "padding", "init": "photo.png"}, "give --fit pad"),
        ({"mask": "padding", "init": "photo.png", "fit": "pad"}, "leaves nothing to paint"),
        ({"mask": "black.png", "init": "photo.png"}, "leaves nothing to paint"),
        ({"mask": "gone.png", "init": "photo.png"}, "no picture 'gone.png'"),
    ],
)
def test_masks_that_make_no_sense(
    networks: tiny.Options, photo: Path, disc: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], told: str
) -> None:
    monkeypatch.chdir(photo.parent)
    Image.new("L", (8, 8)).save("black.png")
    with pytest.raises(BadRequest, match=told):
        painted(tiny.dream(networks, **fields))


def test_masks_from_files_of_every_kind(tmp_path: Path) -> None:
    grey = Image.linear_gradient("L")
    grey.save(tmp_path / "grey.png")
    grey.convert("RGB").save(tmp_path / "rgb.jpg")
    clear = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0, 5, 10))
    clear.save(tmp_path / "clear.png")
    for name in ("grey.png", "rgb.jpg"):
        mask = mask_of(tmp_path / name, 8, 8)
        assert mask.shape == (1, 1, 8, 8) and mask[0, 0, 0].max() < 0.1 and mask[0, 0, -1].min() > 0.9
    mask = mask_of(tmp_path / "clear.png", 10, 10)
    assert mask[..., :4].min() == 1 and mask[..., 6:].max() == 0, "opaque is painted, whatever its colour"


def test_soft_edges_lie_inside() -> None:
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., :16, :] = 1
    soft = softened(mask, 8)
    assert soft[..., 16:, :].abs().max() == 0 and torch.allclose(soft[..., :8, :], torch.ones(1, 1, 8, 32))
    rows = soft[0, 0, :, 5]
    assert (rows[:-1] >= rows[1:]).all() and len(rows.unique()) > 4
    assert torch.equal(softened(mask, 0), mask) and softened(torch.ones(1, 1, 4, 4), 1000).min() == 1


def test_padding_is_what_the_picture_does_not_cover() -> None:
    added = padding_of(Image.new("RGB", (10, 20)), 40, 60)
    assert added.shape == (1, 1, 40, 60) and added[..., 20:40].max() == 0 and added[..., :20].min() == 1 and added[..., 40:].min() == 1
