"""Pictures in rows and columns on one sheet, each row and column under its label."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

GAP, MARGIN = 4, 12  # pixels between pictures, and around all
INK, FAINT = "#202020", "#707070"
# Pillow's own font has no letters beyond Latin: these are on many systems.
WIDER = ("DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "arialuni.ttf")


def sheet(
    cells: Sequence[Sequence[Image | None]], columns: Sequence[str], rows: Sequence[str] = (), title: str = "", side: int = 256
) -> Image:
    """The pictures of each row, scaled down to at most ``side`` pixels, below their columns' labels and beside their rows'.

    Labels are wrapped to their place, and broken at new lines; lines of a column's label after the first are small. A place without
    a picture stays white.
    """
    from PIL import Image, ImageDraw

    shown = [[one and _small(one, side) for one in row] for row in cells]
    width = max(one.width for row in shown for one in row if one)
    height = max(one.height for row in shown for one in row if one)
    size = max(11, min(18, width // 12))
    heads = [_head(label, width - GAP, size) for label in columns]
    beside = [wrapped(label, max(width * 3 // 4, 9 * size), size) for label in rows]
    left = MARGIN + (max(round(_length(line, size)) for lines in beside for line in lines) + 3 * GAP if beside else 0)
    right = left + len(columns) * (width + GAP) + MARGIN
    above = wrapped(title, right - 2 * MARGIN, size + 2) if title else []
    top = MARGIN + len(above) * _line(size + 2) + max(sum(_line(small) for _, small in head) for head in heads) + GAP
    page = Image.new("RGB", (right, top + len(shown) * (height + GAP) + MARGIN), "white")
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(above):
        pen.text((MARGIN, MARGIN + number * _line(size + 2)), line, fill=INK, font=font(size + 2, line))
    for number, head in enumerate(heads):
        _written_up(pen, head, left + number * (width + GAP) + width // 2, top - GAP)
    for down, row in enumerate(shown):
        y = top + down * (height + GAP)
        for across, one in enumerate(row):
            if one:
                page.paste(one, (left + across * (width + GAP) + (width - one.width) // 2, y + (height - one.height) // 2))
        for number, line in enumerate(beside[down] if beside else ()):
            at = y + (height - len(beside[down]) * _line(size)) // 2 + number * _line(size)
            pen.text((left - 2 * GAP, at), line, fill=INK, font=font(size, line), anchor="ra")
    return page


def wrapped(text: str, width: int, size: int) -> list[str]:
    """Lines that are at most ``width`` pixels wide; words that are longer are broken."""
    found = []
    for part in text.split("\n"):
        line = ""
        for word in part.split():
            if line and _length(f"{line} {word}", size) > width:
                found.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
            while _length(line, size) > width and len(line) > 1:
                end = max(1, next(end for end in range(len(line) - 1, 0, -1) if end == 1 or _length(line[:end], size) <= width))
                found.append(line[:end])
                line = line[end:]
        found.append(line)
    return found


def font(size: int, text: str = "") -> FreeTypeFont:
    """Pillow's own font, or where that lacks letters of ``text`` one of the system that has them, if there is any."""
    return next((found for name in ("", *WIDER) if (found := _font(name, size)) and _has(found, text)), _own(size))


@cache
def _font(name: str, size: int) -> FreeTypeFont | None:
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size) if name else _own(size)
    except OSError:
        return None


@cache
def _own(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)  # a bitmap only where Pillow was built without FreeType
    return found


def _has(found: FreeTypeFont, text: str) -> bool:
    """Whether no letter is drawn as the sign for one that is missing."""
    missing = bytes(found.getmask("\U0010fffd"))
    return not any(letter > "\x7f" and bytes(found.getmask(letter)) == missing for letter in set(text))


def _small(picture: Image, side: int) -> Image:
    from PIL import Image

    from reverie.images import opaque

    scale = side / max(picture.size)
    size = tuple(max(1, round(length * scale)) for length in picture.size)
    return opaque(picture if scale >= 1 else picture.resize((size[0], size[1]), Image.Resampling.LANCZOS))


def _head(label: str, width: int, size: int) -> list[tuple[str, int]]:
    """A column's label as lines, each with its size."""
    first, *more = label.split("\n")
    small = max(10, size - 3)
    return [(line, size) for line in wrapped(first, width, size)] + [(line, small) for one in more for line in wrapped(one, width, small)]


def _written_up(pen: object, head: Sequence[tuple[str, int]], middle: int, bottom: int) -> None:
    """A label whose last line ends at ``bottom``."""
    from PIL.ImageDraw import ImageDraw

    assert isinstance(pen, ImageDraw)
    y = bottom - sum(_line(size) for _, size in head)
    for line, size in head:
        pen.text((middle, y), line, fill=INK if size == head[0][1] else FAINT, font=font(size, line), anchor="ma")
        y += _line(size)


def _line(size: int) -> int:
    """How far one line is from the next."""
    return round(size * 1.3)


def _length(text: str, size: int) -> float:
    return font(size, text).getlength(text)
