"""Pictures on disk: written whole or not at all, nothing overwritten silently, with the recipe inside."""

from __future__ import annotations

import errno
import os
import secrets
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.errors import BadRequest, Failed
from reverie.images import opaque, open_picture
from reverie.naming import numbered

if TYPE_CHECKING:
    from PIL.Image import Image

    from reverie.curve import Curve
    from reverie.recipe import Recipe

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_SETTINGS: dict[str, dict[str, Any]] = {"PNG": {}, "JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"quality": 95}}

_PNG_KEY, _PNG_CURVE = "reverie", "reverie-curve"  # of iTXt chunks
# JPEG and WebP carry both as EXIF UserComment: 8 bytes that name its coding, then ASCII, a line each.
EXIF, USER_COMMENT = 0x8769, 0x9286
COMMENT_START = b"ASCII\0\0\0reverie "
_LARGEST_EXIF = 65_000  # bytes; a JPEG segment ends at 65,533


def save_picture(image: Image, path: str | Path, recipe: Recipe | None, curve: Curve | None = None, *, overwrite: bool = False) -> Path:
    """Write the picture, in the format that its suffix names, with its recipe and curve inside; returns where it went.

    Where the name is taken it becomes ``name-2``, ``name-3`` and so on, unless ``overwrite``. The same picture and
    recipe give the same bytes. Raises ``BadRequest`` for an unknown suffix or a recipe too long for the format,
    ``Failed`` when the disk refuses; then nothing is left behind and nothing older is touched.
    """
    path = Path(path)
    return write_file(path, _encoded(image, _format(path), recipe, curve), overwrite=overwrite)


def read_recipe(path: str | Path) -> Recipe:
    """The recipe inside a PNG, JPEG or WebP; raises ``BadRequest`` where there is none or it cannot be used."""
    from reverie.recipe import Recipe  # a bare machine that trains writes files too, and has no pydantic

    text, _ = _told(path)
    if not isinstance(text, str):
        raise BadRequest(f"There is no recipe in {str(path)!r}: Reverie did not paint it, or it was saved without one.")
    try:
        return Recipe.from_json(text)
    except BadRequest as error:
        raise BadRequest(f"{str(path)!r}: {error}") from None


def read_curve(path: str | Path) -> Curve:
    """How the painting of a PNG, JPEG or WebP got on; raises ``BadRequest`` where that is not told."""
    from reverie.curve import Curve

    _, text = _told(path)
    if not isinstance(text, str):
        raise BadRequest(f"There is no curve in {str(path)!r}: it was painted before curves were kept, or saved without metadata.")
    return Curve.from_json(text)


def _told(path: str | Path) -> tuple[object, object]:
    """The texts of the recipe and the curve inside a picture, whatever is there."""
    with open_picture(path, tuple(dict.fromkeys(FORMATS.values()))) as image:
        if image.format == "PNG":
            if _PNG_KEY not in image.info:
                image.load()  # other programs may have moved it behind the pixels
            return image.info.get(_PNG_KEY), image.info.get(_PNG_CURVE)
        comment = image.getexif().get_ifd(EXIF).get(USER_COMMENT, b"")
    if not (isinstance(comment, bytes) and comment.startswith(COMMENT_START)):
        return None, None
    recipe, _, curve = comment[len(COMMENT_START) :].decode("ascii", "replace").partition("\n")
    return recipe, curve or None


def check_target(path: str | Path, recipe: Recipe | None, *, overwrite: bool = False) -> None:
    """Before time is spent: raise ``BadRequest`` if the picture could not be written there. Makes the folder."""
    path = Path(path)
    kind = _format(path)
    if recipe is not None:
        _metadata(kind, recipe)
    check_writable(path.parent)
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadRequest(f"{str(path)!r} cannot be written: {reason(error)}.") from None
    if path.is_dir() or not overwrite:
        raise BadRequest(f"{str(path)!r} exists already: choose another name, or move it away.")


def check_writable(folder: str | Path) -> None:
    """Make the folder and try to write in it; raises ``BadRequest`` where that fails."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = _temporary(folder)
        with open(probe, "xb"):
            pass
        probe.unlink()
    except OSError as error:
        raise BadRequest(f"The folder {str(folder)!r} cannot be written to: {reason(error)}. Choose another with --out.") from None


def write_file(path: Path, data: bytes, *, overwrite: bool = False) -> Path:
    """Write a file whole or not at all, under a free name unless ``overwrite``; returns its path, raises ``Failed``."""
    temporary = _temporary(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                os.replace(temporary, path)
                return path
            return next(free for free in numbered(path) if _claimed(temporary, free))
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(f"{str(path)!r} could not be written: {reason(error)}.") from error


def _temporary(folder: Path) -> Path:
    return folder / f".reverie-{secrets.token_hex(8)}.part"


def _claimed(temporary: Path, path: Path) -> bool:
    """Give the finished file this name unless something has it; two processes cannot both succeed."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        return _claimed_without_links(temporary, path)
    return True


def _claimed_without_links(temporary: Path, path: Path) -> bool:
    """The same on file systems without hard links (FAT, some shares): an empty file holds the name."""
    try:
        with open(path, "xb"):
            pass
    except FileExistsError:
        return False
    try:
        os.replace(temporary, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return True


def reason(error: OSError) -> str:
    """Why the disk refused, as the rest of a sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; make room, or write elsewhere"
    return (error.strerror or str(error)).lower()


def _format(path: Path) -> str:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise BadRequest(f"{path.name!r} names no format that pictures are saved in. There are: {', '.join(FORMATS)}.") from None


def _encoded(image: Image, kind: str, recipe: Recipe | None, curve: Curve | None) -> bytes:
    clear = image.mode == "RGBA" and kind != "JPEG"
    plain = image.copy() if clear else opaque(image)
    plain.info.clear()  # whatever came with the picture (comments, positions, thumbnails) is not ours to pass on
    buffer = BytesIO()
    plain.save(buffer, kind, **_SETTINGS[kind], **(_metadata(kind, recipe, curve) if recipe else {}))
    return buffer.getvalue()


def _metadata(kind: str, recipe: Recipe, curve: Curve | None = None) -> dict[str, Any]:
    """Pillow's settings that put the recipe, and the curve if there is one, into this format."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from reverie.recipe import LARGEST

    text = recipe.portable().to_json()
    if kind == "PNG":
        size, limit = len(text), LARGEST
        chunks = PngInfo()
        chunks.add_itxt(_PNG_KEY, text)
        if curve:
            chunks.add_itxt(_PNG_CURVE, curve.to_json())
        settings: dict[str, Any] = {"pnginfo": chunks}
    else:
        exif = Image.Exif()
        exif.get_ifd(EXIF)[USER_COMMENT] = (
            COMMENT_START + text.encode("ascii") + (b"\n" + curve.to_json().encode("ascii") if curve else b"")
        )
        settings = {"exif": exif.tobytes()}
        size, limit = len(settings["exif"]), _LARGEST_EXIF
    if size > limit:
        raise BadRequest(f"The recipe is too long for a {kind} ({size:,} of {limit:,} bytes): save as PNG, or without metadata.")
    return settings
