"""Portraits: the noise says what is shown and how, and the same seed draws the same."""

from __future__ import annotations

import pytest
import torch
from drawings import CONCEPTS, icons
from torch.nn.functional import cosine_similarity

from reverie.data.folder import Folder
from reverie.data.plain import PAPER
from reverie.data.portraits import COLOURED, HANDS, LARGE, LEANING, MEANING, TURNED, PortraitMaker, Portraits
from reverie.errors import BadRequest


def one(maker: PortraitMaker, **told: float) -> Portraits:
    """The same portrait again, with some numbers of its noise changed."""
    z = torch.zeros(1, 20)
    for name, value in told.items():
        z[0, {"coloured": COLOURED, "turned": TURNED, "large": LARGE}[name]] = value
    drawn = icons().pictures[:1].float() / 255
    return Portraits(maker._placed(drawn, z), torch.zeros(1, dtype=torch.long), z)


def test_the_same_seed_and_step_draw_the_same() -> None:
    maker = PortraitMaker(icons(), 32, 20, 0)
    first, again = maker(6, 3), maker(6, 3)
    assert first.images.shape == (6, 3, 32, 32) and first.z.shape == (6, 20)
    assert torch.equal(first.images, again.images) and torch.equal(first.z, again.z)
    assert not torch.equal(first.images, maker(6, 4).images)
    assert not torch.equal(first.z, PortraitMaker(icons(), 32, 20, 1)(6, 3).z)
    assert first.images.min() >= 0 and first.images.max() <= 1


def test_noise_says_ground_side_and_size() -> None:
    maker = PortraitMaker(icons(), 32, 20, 0)
    plain = one(maker).images
    assert torch.allclose(plain[0, :, 0, 0], torch.tensor(PAPER))
    assert torch.allclose(one(maker, coloured=1.0).images[0, :, 0, 0], torch.full((3,), 0.5))
    assert torch.allclose(one(maker, turned=1.0).images, plain.flip(-1), atol=1e-5)
    assert not torch.equal(one(maker, large=1.0).images, plain)


def test_noise_says_which_drawing() -> None:
    whole = icons()
    maker = PortraitMaker(whole, 32, 20, 0)
    shown = maker(64, 0)
    assert set(shown.kinds.tolist()) == set(range(len(CONCEPTS)))
    hands = shown.z[:, :HANDS].argmax(1)
    assert len(set(hands.tolist())) > 3


def test_leaning_noise_points_to_its_kind_and_stays_normal() -> None:
    maker = PortraitMaker(icons(), 32, 80, 0, leaning=True)
    shown = maker(256, 0)
    assert maker.directions is not None
    rest = shown.z[:, MEANING:]
    along = (rest * maker.directions[shown.kinds]).sum(1)
    assert torch.allclose(along, torch.full_like(along, LEANING), atol=1e-4)
    assert ((rest @ maker.directions.T).argmax(1) == shown.kinds).float().mean() > 0.9
    assert rest.std() == pytest.approx(1.0, abs=0.15)
    assert cosine_similarity(rest[0], rest[1], dim=0) < 0.9


def test_a_folders_captions_are_kinds() -> None:
    pictures = torch.randint(0, 256, (4, 3, 16, 16), dtype=torch.uint8)
    maker = PortraitMaker(Folder(pictures, ("a fox", "an owl", "a fox", "a hen")), 16, 20, 0)
    assert maker.names == ["a fox", "an owl", "a hen"] and maker.rows == [[0, 2], [1], [3]]
    shown = maker(32, 0)
    for image, kind in zip(shown.images, shown.kinds.tolist(), strict=True):
        assert any(torch.allclose(image, pictures[row].float() / 255) for row in maker.rows[kind])


def test_too_many_kinds_or_too_little_noise_are_refused() -> None:
    many = Folder(torch.zeros(5001, 3, 2, 2, dtype=torch.uint8), tuple(str(i) for i in range(5001)))
    with pytest.raises(BadRequest, match="5,001 different captions"):
        PortraitMaker(many, 2, 20, 0)
    with pytest.raises(BadRequest, match="A noise of 14 numbers"):
        PortraitMaker(icons(), 32, 14, 0)
