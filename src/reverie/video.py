"""Videos on disk: pictures one after the other in a file that is written whole or not at all, with the recipe inside.

mp4 and webm are encoded by PyAV (FFmpeg), which is the extra ``video``; gif, webp and avif by Pillow.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from reverie.errors import BadRequest, Failed
from reverie.files import COMMENT_START, EXIF, USER_COMMENT, write_file

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image

    from reverie.recipe import Recipe

Kind = Literal["mp4", "webm", "gif", "webp", "avif"]
KINDS: tuple[Kind, ...] = ("mp4", "webm", "gif", "webp", "avif")
FPS = 25  # 40 ms a frame is a whole number in every format: gif counts hundredths, webp and avif thousandths of a second
LARGEST = 2_000_000_000  # bytes of pixels; Pillow takes all pictures of an animation at once

# Encoders by choice, with their settings. As many threads on every machine, since the threads are part of what x264 writes.
_THREADS = 4
_ENCODERS: dict[str, dict[str, dict[str, str]]] = {
    "mp4": {"libx264": {"crf": "16", "preset": "medium"}, "mpeg4": {"qmin": "2", "qmax": "4"}},
    "webm": {"libvpx-vp9": {"crf": "24", "deadline": "good", "cpu-used": "4", "row-mt": "1"}},
}
_MUXER = {"fflags": "+bitexact", "movflags": "+faststart"}  # no dates, no versions; the index first, so that it plays while it loads
_PILLOW: dict[str, dict[str, Any]] = {
    "gif": {"optimize": False, "disposal": 1},
    "webp": {"quality": 85, "method": 4, "kmin": 0, "kmax": 1},  # every frame whole: parts of frames leave rectangles
    "avif": {"quality": 85, "speed": 6, "max_threads": _THREADS},
}

_COMMENT = "reverie "  # what a recipe begins with, wherever a container keeps its comment
_ASCII = COMMENT_START.removesuffix(_COMMENT.encode())  # names the coding, as in pictures


def check(kind: str, width: int, height: int, frames: int) -> None:
    """Before time is spent: raise ``BadRequest`` if ``frames`` pictures of that size could not be encoded here."""
    from PIL import features

    if kind in _ENCODERS:
        _encoder(kind)
    elif kind != "gif" and not features.check(kind):
        raise BadRequest(f"This Pillow was built without {kind}: ask for another of {', '.join(KINDS)}.")
    elif width * height * 3 * frames > LARGEST:
        raise BadRequest(
            f"{frames} frames of {width}x{height} are too many for a {kind}: ask for mp4 or webm, a smaller size or a shorter video."
        )


def kind_of(path: Path) -> Kind:
    """The kind that a file's extension names; raises ``BadRequest`` for any other."""
    for kind in KINDS:
        if path.suffix.lower() == f".{kind}":
            return kind
    raise BadRequest(f"{path.name!r} names no format of videos. There are: {', '.join(f'.{kind}' for kind in KINDS)}.")


def save_video(pictures: Iterable[Image], path: Path, recipe: Recipe | None, *, overwrite: bool = False) -> Path:
    """Encode RGB pictures of one size, ``FPS`` a second, in the format that the extension names; returns where it went.

    Colours of mp4 and webm are BT.709, halved in both directions (yuv420p), which needs even sides: an odd side grows by
    one pixel that repeats its edge. The file is encoded elsewhere and then named as ``files.write_file`` names it. The
    same pictures give the same bytes by the same libraries in gif, webp and avif.

    Raises ``BadRequest`` where ``check`` would, ``Failed`` when it cannot be encoded or written; then
    nothing is left behind.
    """
    kind = kind_of(path)
    text = _COMMENT + recipe.portable().to_json() if recipe else ""
    try:
        data = _by_av(pictures, kind, text) if kind in _ENCODERS else _by_pillow(pictures, kind, text)
    except (OSError, ValueError, MemoryError, struct.error) as error:  # av's errors are among them
        raise Failed(f"{str(path)!r} could not be encoded: {error or type(error).__name__}.") from error
    return write_file(path, data, overwrite=overwrite)


def read_recipe(path: Path) -> Recipe:
    """The recipe inside a video or a picture; raises ``BadRequest`` where there is none or it cannot be used."""
    from reverie import files
    from reverie.recipe import Recipe

    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("mp4", "webm", "gif", "avif"):
        return files.read_recipe(path)
    text = _comment_by_av(path) if kind in _ENCODERS else _comment_by_pillow(path, kind)
    if not text.startswith(_COMMENT):
        raise BadRequest(f"There is no recipe in {str(path)!r}: Reverie did not paint it, or it was saved without one.")
    try:
        return Recipe.from_json(text.removeprefix(_COMMENT))
    except BadRequest as error:
        raise BadRequest(f"{str(path)!r}: {error}") from None


def _av() -> Any:
    try:
        import av
    except ImportError:
        raise BadRequest("mp4 and webm need PyAV: pip install 'reverie[video]', or ask for gif, webp or avif.") from None
    return av


def _encoder(kind: str) -> str:
    """The first encoder of this kind that is there."""
    found = next((name for name in _ENCODERS[kind] if name in _av().codecs_available), None)
    if not found:
        raise BadRequest(f"This PyAV was built without an encoder for {kind} ({', '.join(_ENCODERS[kind])}): ask for gif, webp or avif.")
    return found


def _by_av(pictures: Iterable[Image], kind: str, text: str) -> bytes:
    """Through a file, since mp4 is written twice over to have its index first."""
    av, name = _av(), _encoder(kind)
    with TemporaryDirectory(prefix="reverie-") as folder:
        file = Path(folder, f"video.{kind}")
        with av.open(str(file), "w", container_options=_MUXER if kind == "mp4" else {"fflags": "+bitexact"}) as container:
            if text:
                container.metadata["comment"] = text
            stream = None
            for frame in _yuv(pictures):
                if stream is None:
                    stream = container.add_stream(name, rate=FPS, options=_ENCODERS[kind][name])
                    _configure(stream.codec_context, frame)
                container.mux(stream.encode(frame))
            if stream is None:
                raise ValueError("there are no frames")
            container.mux(stream.encode())
        return file.read_bytes()


def _configure(codec: Any, frame: VideoFrame) -> None:
    codec.width, codec.height, codec.pix_fmt = frame.width, frame.height, frame.format.name
    codec.thread_count, codec.gop_size = _THREADS, 2 * FPS
    codec.bit_rate = 0  # the quality decides
    codec.colorspace = codec.color_primaries = codec.color_trc = 1  # BT.709
    codec.color_range = 1  # 16..235


def _yuv(pictures: Iterable[Image]) -> Iterator[VideoFrame]:
    from fractions import Fraction

    import numpy as np
    from av import VideoFrame
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation

    for number, picture in enumerate(pictures):
        even = np.pad(np.asarray(picture), ((0, picture.height % 2), (0, picture.width % 2), (0, 0)), mode="edge")
        frame = VideoFrame.from_ndarray(even, format="rgb24").reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_color_trc=ColorTrc.BT709,
            dst_color_primaries=ColorPrimaries.BT709,
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT,
            threads=1,
        )
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        yield frame


def _by_pillow(pictures: Iterable[Image], kind: str, text: str) -> bytes:
    from PIL import Image

    frames = list(pictures)
    if not frames:
        raise ValueError("there are no frames")
    settings = _PILLOW[kind] | {"duration": 1000 // FPS, "loop": 0}
    if kind == "gif":
        frames = _one_palette(frames)
        settings["comment"] = text.encode("ascii")
    elif text:
        exif = Image.Exif()
        exif.get_ifd(EXIF)[USER_COMMENT] = _ASCII + text.encode("ascii")
        settings["exif"] = exif.tobytes()
    buffer = BytesIO()
    frames[0].save(buffer, kind.upper(), save_all=True, append_images=frames[1:], **settings)
    return buffer.getvalue()


def _one_palette(frames: list[Image]) -> list[Image]:
    """The same 256 colours for all frames, half of them chosen for the last: with a palette each, still parts would flicker."""
    from PIL import Image

    width, height = (min(side, 128) for side in frames[-1].size)
    shown = [*frames[:: max(1, len(frames) // 12)], *[frames[-1]] * 12]
    sheet = Image.new("RGB", (width, height * len(shown)))
    for place, frame in enumerate(shown):
        sheet.paste(frame.resize((width, height), Image.Resampling.BOX), (0, height * place))
    palette = sheet.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=1)
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def _comment_by_av(path: Path) -> str:
    av = _av()
    try:
        with av.open(str(path)) as container:
            tags = {name.lower(): value for name, value in container.metadata.items()}
    except FileNotFoundError:
        raise BadRequest(f"There is no video {str(path)!r}.") from None
    except (OSError, ValueError) as error:
        raise BadRequest(f"The video {str(path)!r} cannot be read: {error}.") from None
    return tags.get("comment", "")


def _comment_by_pillow(path: Path, kind: str) -> str:
    from reverie.images import open_picture

    with open_picture(path, (kind.upper(),)) as image:
        found = image.info.get("comment", b"") if kind == "gif" else image.getexif().get_ifd(EXIF).get(USER_COMMENT, b"")
    return found.removeprefix(_ASCII).decode("ascii", "replace") if isinstance(found, bytes) else ""
