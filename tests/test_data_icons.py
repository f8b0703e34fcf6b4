"""Icons: rendered, packed without loss, fetched with errors that say what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from drawings import icons

from reverie.data.icons import Icons, npm_pack, render
from reverie.errors import BadRequest, Failed


def test_rendering_an_icon() -> None:
    body = '<rect x="4" y="4" width="8" height="8" fill="#ff0000"/><circle cx="2" cy="2" r="2" fill="#0000ff" fill-opacity=".5"/>'
    picture = render(body, (0, 0, 16, 16), 32)
    assert picture.dtype == torch.uint8 and picture.shape == (4, 32, 32)
    assert picture[:, 16, 16].tolist() == [255, 0, 0, 255]
    assert picture[:, 31, 31].tolist() == [0, 0, 0, 0]
    red, _, blue, alpha = picture[:, 4, 4].tolist()
    assert red == 0 and abs(alpha - 128) <= 1 and abs(blue - alpha) <= 1, "colour is premultiplied by alpha"
    assert (picture[:3] <= picture[3:]).all()


def test_a_box_shifts_and_scales() -> None:
    square = '<rect x="-8" y="0" width="16" height="16" fill="#fff"/>'
    picture = render(square, (-8, 0, 32, 32), 16)
    assert picture[3, :8, :8].min() == 255 and picture[3, :, 8:].max() == 0 and picture[3, 8:].max() == 0


def test_packing_loses_nothing(tmp_path: Path) -> None:
    before = icons()
    before.save(tmp_path / "new" / "icons.safetensors")
    after = Icons.load(tmp_path / "new" / "icons.safetensors")
    assert torch.equal(after.pictures, before.pictures) and torch.equal(after.concept, before.concept)
    assert after.concepts == before.concepts and after.concepts[0].keywords == ("fruit",)
    assert (tmp_path / "new" / "icons.safetensors").stat().st_size < before.pictures.numel() / 4
    assert after.fingerprint() == before.fingerprint()


def test_only_keeps_what_is_asked_for_and_numbers_it_anew() -> None:
    kept = icons().only({"owl", "red car"})
    assert [kept.concepts[number].name for number in kept.concept.tolist()] == ["red car"] * 3 + ["owl"] * 3
    assert torch.equal(kept.pictures[:3], icons().pictures[3:6])


def test_names_to_ask_among_are_packed_too(tmp_path: Path) -> None:
    replace(icons(), names=("owl", "unicorn")).save(tmp_path / "icons.safetensors")
    assert Icons.load(tmp_path / "icons.safetensors").names == ("owl", "unicorn")
    assert Icons.load(tmp_path / "icons.safetensors").fingerprint() == icons().fingerprint()


def test_fingerprints_tell_sets_apart() -> None:
    one = icons()
    pictures = one.pictures.clone()
    pictures[0, 0, 20, 20] += 1
    others = [replace(one, pictures=pictures), replace(one, concept=one.concept.flip(0)), replace(one, concepts=one.concepts[::-1])]
    assert len({one.fingerprint(), *(other.fingerprint() for other in others)}) == 4


def test_no_file_and_no_icons(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="reverie train data"):
        Icons.load(tmp_path / "icons.safetensors")
    for number, content in enumerate((b"", b"no safetensors at all", b"\x02\0\0\0\0\0\0\0{}")):
        path = tmp_path / f"{number}.safetensors"
        path.write_bytes(content)
        with pytest.raises(BadRequest, match="holds no training pictures"):
            Icons.load(path)


def test_without_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(BadRequest, match="no npm here: install Node.js"):
        npm_pack("@iconify-json/noto", "1.2.9", tmp_path / "npm")
    assert not list((tmp_path / "npm").iterdir())


def test_a_package_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code E404' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Failed, match="@iconify-json/noto@0.0.0: npm error code E404"):
        npm_pack("@iconify-json/noto", "0.0.0", tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
