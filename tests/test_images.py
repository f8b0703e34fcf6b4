"""Pictures from files of every kind, whole and broken, and the way to tensors."""

from __future__ import annotations

import functools
import http.server
import io
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reverie.errors import BadRequest
from reverie.images import LARGEST_PIXELS, load_picture, mask_of, opacity_of, palette_of, to_tensor

RED = (204, 0, 51)  # also in the palette that Pillow converts to


def test_the_common_formats_and_modes(tmp_path: Path) -> None:
    red = Image.new("RGB", (6, 4), RED)
    for name, mode in (
        ("a.png", "RGB"),
        ("p.png", "P"),
        ("a.jpg", "RGB"),
        ("c.jpg", "CMYK"),
        ("a.webp", "RGB"),
        ("a.gif", "P"),
        ("a.bmp", "RGB"),
        ("a.tiff", "RGB"),
    ):
        red.convert(mode).save(tmp_path / name)
        picture = load_picture(tmp_path / name)
        assert (picture.mode, picture.size) == ("RGB", (6, 4)), name
        pixel = picture.getpixel((3, 2))
        assert isinstance(pixel, tuple)
        assert all(abs(got - meant) <= 12 for got, meant in zip(pixel, RED, strict=True)), (name, pixel)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_is_white(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tiff" if mode == "PA" else tmp_path / "a.png"
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).convert(mode).save(path)
    assert load_picture(path).getpixel((0, 0)) == (255, 255, 255)


def test_a_transparent_palette_entry_is_white(tmp_path: Path) -> None:
    Image.new("P", (2, 2), 0).save(tmp_path / "a.png", transparency=0)
    assert load_picture(tmp_path / "a.png").getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    deep = Image.new("I;16", (3, 1))
    for x, value in enumerate((0, 40_000, 65_535)):
        deep.putpixel((x, 0), value)
    deep.save(tmp_path / "a.png")
    picture = load_picture(tmp_path / "a.png")
    assert [picture.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (156, 156, 156), (255, 255, 255)]


def test_floats_are_scaled(tmp_path: Path) -> None:
    Image.new("F", (1, 1), 0.5).save(tmp_path / "a.tiff")
    assert load_picture(tmp_path / "a.tiff").getpixel((0, 0)) == (128, 128, 128)


def test_a_phone_picture_is_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    lying = Image.new("RGB", (8, 4))
    lying.paste(RED, (0, 0, 4, 4))
    lying.save(tmp_path / "a.png", exif=exif)
    picture = load_picture(tmp_path / "a.png")
    assert picture.size == (4, 8)
    assert (picture.getpixel((1, 1)), picture.getpixel((1, 6))) == (RED, (0, 0, 0))


def test_of_an_animation_the_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert load_picture(tmp_path / "a.gif").getpixel((0, 0)) == (255, 0, 0)


def refusal(path: Path) -> str:
    with pytest.raises(BadRequest) as caught:
        load_picture(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_missing_folder_or_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not a picture")
    (tmp_path / "empty.png").touch()
    (tmp_path / "a.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    assert "There is no picture" in refusal(tmp_path / "b.png")
    assert "cannot be read" in refusal(tmp_path)
    for name in ("a.png", "empty.png", "a.eps"):
        assert "not a picture that can be read" in refusal(tmp_path / name)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_a_picture_cut_short(kind: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(buffer, kind)
    path = tmp_path / "a"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    refusal(path)


def test_every_way_to_damage_a_png_is_told_in_words(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), RED).save(buffer, "PNG")
    whole, path = buffer.getvalue(), tmp_path / "a.png"
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            load_picture(path)
        except BadRequest as error:
            assert str(path) in str(error)


@pytest.mark.parametrize("side", [8_001, 10_000, 60_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side: int, tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    assert side * side > LARGEST_PIXELS
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    assert "too large: at most 64,000,000 pixels" in refusal(tmp_path / "a.png")


def test_to_tensor_keeps_values_and_order() -> None:
    import torch

    picture = Image.new("RGB", (3, 2))
    picture.putpixel((2, 1), (255, 51, 0))
    tensor = to_tensor(picture, 2, 3)
    assert (tensor.shape, tensor.dtype) == ((1, 3, 2, 3), torch.float32)
    assert torch.allclose(tensor[0, :, 1, 2], torch.tensor([1.0, 0.2, 0.0]))
    assert tensor.sum() == tensor[0, :, 1, 2].sum()


def test_to_tensor_covers_the_size_and_cuts_evenly() -> None:
    wide = Image.new("RGB", (40, 10), "blue")
    wide.paste((255, 0, 0), (15, 0, 25, 10))
    tensor = to_tensor(wide, 20, 20)
    assert tensor.shape == (1, 3, 20, 20)
    assert tensor[0, 0, :, 2:-2].min() > 0.9 and tensor[0, 2, :, 2:-2].max() < 0.1
    assert tensor.min() >= 0 and tensor.max() <= 1


def test_to_tensor_pads_and_stretches() -> None:
    picture = Image.new("RGB", (2, 4), (255, 0, 0))
    picture.paste((0, 0, 255), (1, 0, 2, 4))
    padded, stretched = to_tensor(picture, 4, 8, "pad"), to_tensor(picture, 4, 8, "stretch")
    assert padded.shape == stretched.shape == (1, 3, 4, 8)
    assert (padded[0, 0, :, :4] == 1).all() and (padded[0, 2, :, 4:] == 1).all()  # the edges run on
    assert stretched[0, 0, 0, 1] == 1 and stretched[0, 2, 0, 6] == 1 and 0 < stretched[0, 0, 0, 4] < 1


def test_avif(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (200, 30, 30)).save(tmp_path / "red.avif")
    red = load_picture(tmp_path / "red.avif").getpixel((8, 8))
    assert isinstance(red, tuple) and red[0] > 150 > red[1]


def test_a_palette_of_colours_or_of_a_picture(tmp_path: Path) -> None:
    assert (palette_of(("gold", "#102030", "#fff")) * 255).round().tolist() == [[255, 215, 0], [16, 32, 48], [255, 255, 255]]
    picture = Image.new("RGB", (32, 32), RED)
    picture.paste((0, 0, 255), (0, 0, 16, 32))
    picture.save(tmp_path / "two.png")
    assert (palette_of((str(tmp_path / "two.png"),)) * 255).round().tolist() == [[0, 0, 255], [*RED]]
    for wrong in (("blurple",), (str(tmp_path / "none.png"),)):
        with pytest.raises(BadRequest):
            palette_of(wrong)


KINDS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")


def encoded(kind: str, **settings: object) -> bytes:
    buffer = io.BytesIO()
    frames = [Image.effect_noise((24, 16), 60 + 40 * i).convert("RGB") for i in range(2)]
    frames[0].save(buffer, kind, **({"save_all": True, "append_images": frames[1:]} if settings.pop("animated", False) else {}), **settings)
    return buffer.getvalue()


WHOLE = {kind: encoded(kind) for kind in KINDS} | {f"animated {kind}": encoded(kind, animated=True) for kind in ("PNG", "WEBP", "GIF")}


def read_or_refused(path: Path, data: bytes) -> None:
    """There is a picture, or an error for its reader; nothing else, whatever the bytes are."""
    path.write_bytes(data)
    for read in (load_picture, opacity_of, lambda file: mask_of(file, 8, 8)):
        try:
            read(path)
        except BadRequest as error:
            assert str(path) in str(error)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stranger") / "a.png"


@pytest.mark.parametrize("kind", WHOLE)
@given(st.data())
def test_whatever_happened_to_a_file(stranger: Path, kind: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[kind])
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6), "places"):
        whole[place] = data.draw(st.integers(0, 255), "byte")
    cut, extra = data.draw(st.integers(0, len(whole)), "cut"), data.draw(st.binary(max_size=20), "extra")
    read_or_refused(stranger, bytes(whole[:cut]) + extra + bytes(whole[cut + len(extra) :]))


@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 40), st.binary(max_size=200))
def test_a_beginning_and_then_anything(stranger: Path, kind: str, length: int, rest: bytes) -> None:
    read_or_refused(stranger, WHOLE[kind][:length] + rest)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_the_first_frame_of_every_animation(kind: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a", kind, save_all=True, append_images=frames[1:])
    pixel = load_picture(tmp_path / "a").getpixel((8, 8))
    assert isinstance(pixel, tuple) and pixel[0] > 200 > pixel[2]


def test_a_hundred_thousand_pixels_wide(tmp_path: Path) -> None:
    """What is wide and low is no harm; what is as wide and high is refused by its header."""
    Image.new("RGB", (100_000, 2), RED).save(tmp_path / "low.png")
    assert to_tensor(load_picture(tmp_path / "low.png"), 8, 8).shape == (1, 3, 8, 8)
    assert to_tensor(load_picture(tmp_path / "low.png"), 8, 8, "pad").shape == (1, 3, 8, 8)
    data = bytearray((tmp_path / "low.png").read_bytes())
    data[20:24] = struct.pack(">I", 100_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "high.png").write_bytes(data)
    assert "too large" in refusal(tmp_path / "high.png")


def test_text_that_unpacks_without_end(tmp_path: Path) -> None:
    bomb = zlib.compress(b" " * 100_000_000)
    chunk = b"zTXt" + b"a\0\0" + bomb
    data = WHOLE["PNG"]
    text = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    read_or_refused(tmp_path / "a.png", data[:33] + text + data[33:])


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A web server of our own that hands out the files of ``tmp_path``."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_picture_from_the_web(address: str, tmp_path: Path) -> None:
    Image.new("RGB", (6, 4), RED).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no picture")
    assert load_picture(f"{address}/a.png").getpixel((3, 2)) == RED
    for name, told in (("b.png", "not a picture"), ("none.png", "cannot be fetched: HTTP Error 404")):
        with pytest.raises(BadRequest, match=told) as caught:
            load_picture(f"{address}/{name}")
        assert f"{address}/{name}" in str(caught.value)
