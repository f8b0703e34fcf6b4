"""Folders of pictures with captions: both conventions, upright and bounded, refused with a list, drawn by step number."""

from __future__ import annotations

import json
from pathlib import Path

import pictures
import pytest
import torch
from PIL import Image

from reverie import images
from reverie.data import folder as module
from reverie.data.folder import CropMaker, Folder
from reverie.errors import BadRequest


def refusal(path: Path, captions: bool = True) -> str:
    with pytest.raises(BadRequest) as caught:
        Folder.read(path, 20, captions)
    return str(caught.value)


def test_both_conventions_are_read(tmp_path: Path) -> None:
    found = Folder.read(pictures.folder(tmp_path / "own"), 20)
    assert sorted(found.captions) == sorted(map(pictures.caption, pictures.NAMES))
    assert found.pictures.shape == (6, 3, 20, 20) and found.pictures.dtype == torch.uint8
    for picture, caption in zip(found.pictures, found.captions, strict=True):
        colour = torch.tensor(pictures.COLOURS[caption.split()[1]])
        assert (picture[:, 10, 10] - colour).abs().max() < 25, "the middle of each shows what its caption says"


def test_a_relative_path_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Folder.read(pictures.folder(tmp_path / "own"), 20).fingerprint()
    monkeypatch.chdir(tmp_path / "own" / "more")
    assert Folder.read(Path("../more/.."), 20).fingerprint() == whole


def test_captions_are_read_with_care(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        pictures.picture("red-disc").save(tmp_path / f"{name}.PNG")
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfa caf\xc3\xa9,\r\n  at night\n")
    (tmp_path / "b.txt").write_text("not this one")
    told = [{"file_name": "b.PNG", "text": "from metadata"}, {"file_name": "./c.PNG", "text": "also", "other": 3}]
    (tmp_path / "metadata.jsonl").write_text("\n\n".join(map(json.dumps, told)))
    (tmp_path / ".hidden.png").write_text("not ours")
    (tmp_path / "notes.md").write_text("not a picture")
    assert Folder.read(tmp_path, 20).captions == ("a café, at night", "from metadata", "also")


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pictures.folder(tmp_path / "own")
    whole = (path / "more" / "green-square.png").read_bytes()
    (path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (path / "words.jpg").write_text("no picture")
    (path / "empty.webp").write_bytes(b"")
    Image.new("RGB", (500, 200)).save(path / "bomb.png")
    pictures.picture("red-disc").save(path / "old.gif")
    for name in ("cut", "words", "empty", "bomb", "old"):
        (path / f"{name}.txt").write_text("a caption")
    pictures.picture("red-disc").save(path / "silent.png")
    (path / "silent.txt").write_text(" \n")
    with (path / "metadata.jsonl").open("a") as file:
        file.write('\nnot json\n["list"]\n{"file_name": "gone.png", "text": "gone"}\n{"text": "nobody"}\n')
    monkeypatch.setattr(images, "LARGEST_PIXELS", 90_000)
    told = refusal(path)
    assert told.startswith(f"{path} cannot be learnt from as it is; nothing was started.\n5 pictures cannot be learnt from:\n")
    for part in ("cut.png", "words.jpg", "empty.webp", "too large", "old.gif' is no PNG, JPEG or WebP", "4 lines of metadata.jsonl"):
        assert part in told
    assert "metadata.jsonl:4: no JSON object" in told and "metadata.jsonl:6: there is no picture 'gone.png'" in told
    assert "1 pictures have no caption:\n" in told and f"  {path / 'silent.png'}\n" in told and '"text": "what it shows"' in told


def test_ten_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    for number in range(13):
        pictures.picture("red-disc").save(tmp_path / f"{number:02}.png")
    told = refusal(tmp_path)
    assert "13 pictures have no caption" in told and "09.png" in told and "10.png" not in told and "... and 3 more" in told
    assert Folder.read(tmp_path, 20, captions=False).captions == ("",) * 13, "pictures alone are enough where nobody reads"


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    assert "no PNG, JPEG or WebP" in refusal(tmp_path) and "reverie train data" in refusal(tmp_path)
    assert "no such folder" in refusal(tmp_path / "nowhere")


def test_more_than_fits_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 5 * 3 * 20 * 20)
    told = refusal(pictures.folder(tmp_path / "own"))
    assert "holds 6 pictures, of which 5 fit" in told


def test_pictures_are_turned_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 40), "white")
    image.paste((255, 0, 0), (0, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 3  # held upside down
    image.save(tmp_path / "a.png", exif=exif)
    found = Folder.read(tmp_path, 20, captions=False).pictures[0]
    assert found[:, 2, 10].tolist() == [255, 255, 255] and found[:, 17, 10].tolist() == [255, 0, 0]


def numbered(count: int, side: int = 6, caption: str = "picture") -> Folder:
    """Pictures whose every pixel is their number, but for a mark in the left column."""
    found = torch.arange(count).view(-1, 1, 1, 1).expand(count, 3, side, side).to(torch.uint8).clone()
    found[..., 0] = 255
    return Folder(found, tuple(f"{caption} {number}" for number in range(count)))


def test_a_batch_follows_from_seed_and_number_alone() -> None:
    one, other = CropMaker(numbered(9), 4, 0), CropMaker(numbered(9), 4, 0)
    other(5, 3)
    for a, b in ((one(5, 7), other(5, 7)), (one(5, 10**9), other(5, 10**9))):
        assert torch.equal(a.images, b.images) and a.captions == b.captions and torch.equal(a.hands, b.hands)
    assert one(5, 7).captions != CropMaker(numbered(9), 4, 1)(5, 7).captions


@pytest.mark.parametrize("batch", [2, 5, 9, 21])
def test_every_picture_comes_once_per_round(batch: int) -> None:
    maker = CropMaker(numbered(9), 4, 0)
    rows = [int(caption.split()[1]) for step in range(9) for caption in maker(batch, step).captions]
    rounds = [tuple(rows[start : start + 9]) for start in range(0, len(rows), 9)]
    assert all(sorted(one) == list(range(9)) for one in rounds)
    assert len(set(rounds)) > 1 and maker(batch, 0).images.shape == (batch, 3, 4, 4)


def test_crops_move_and_mirror_but_left_stays_left() -> None:
    shown = CropMaker(numbered(40), 6, 0)(40, 0).images
    mirrored = (shown[..., -1] == 1).all(2).all(1)
    assert 8 < mirrored.sum() < 32
    told = CropMaker(numbered(40, caption="to the left"), 6, 0)(40, 0).images
    assert (told[..., 0] == 1).all()
    moved = CropMaker(numbered(40), 4, 0)(40, 0).images
    assert 0 < (moved == 1).flatten(1).any(1).sum() < 40
    still = CropMaker(numbered(40), 4, 0, moving=False)(40, 0).images
    assert not (still == 1).any() and torch.equal(still, CropMaker(numbered(40), 4, 0, moving=False)(40, 0).images)


def test_hands_tell_pictures_of_one_caption_apart() -> None:
    found = numbered(5)
    found = Folder(found.pictures, ("twin", "twin", "twin", "alone", "alone too"))
    maker = CropMaker(found, 6, 0, hands=4, moving=False)
    who: dict[int, set[int]] = {}
    for step in range(60):
        shown = maker(5, step)
        for image, hand in zip((shown.images[:, 0, 0, 3] * 255).round().int().tolist(), shown.hands.tolist(), strict=True):
            who.setdefault(image, set()).add(hand)
    assert who == {0: {0, 3}, 1: {1}, 2: {2}, 3: {0, 1, 2, 3}, 4: {0, 1, 2, 3}}
