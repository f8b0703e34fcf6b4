"""Sheets: every picture under its label, and labels that fit their places."""

from __future__ import annotations

from PIL import Image

from reverie.sheets import font, sheet, wrapped

RED, BLUE = Image.new("RGB", (40, 20), "red"), Image.new("RGBA", (10, 30), (0, 0, 255, 128))


def places(page: Image.Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int] | None:
    """The box of the pixels of one colour."""
    wide = page.convert("RGB")
    return Image.frombytes("L", wide.size, bytes(255 * (pixel == colour) for pixel in wide.get_flattened_data())).getbbox()


def test_pictures_stand_in_their_rows_and_columns() -> None:
    page = sheet([[RED, None], [None, BLUE]], ["one", "two"], ["first", "second"], "a title")
    red, blue = places(page, (255, 0, 0)), places(page, (127, 127, 255))
    assert red and blue
    assert (red[2] - red[0], red[3] - red[1], blue[2] - blue[0], blue[3] - blue[1]) == (40, 20, 10, 30)
    assert red[2] < blue[0] and red[3] < blue[1] <= page.height and blue[2] < page.width
    assert page.crop((0, 0, page.width, red[1])).convert("L").histogram()[0:100] != [0] * 100  # there is writing above


def test_large_pictures_are_scaled_down_and_small_ones_stay() -> None:
    page = sheet([[Image.new("RGB", (400, 200), "red")], [BLUE]], [""], side=100)
    red = places(page, (255, 0, 0))
    assert red and (red[2] - red[0], red[3] - red[1]) == (100, 50)


def test_no_line_is_wider_than_its_place() -> None:
    text = "trending on artstation, rendered in unreal engine, Rindfleischetikettierungsüberwachungsaufgabe\nand more"
    lines = wrapped(text, 90, 12)
    assert all(font(12).getlength(line) <= 90 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split()) and lines[-1] == "and more"
    assert wrapped("", 90, 12) == [""] and wrapped("WW", 1, 12) == ["W", "W"]


def test_long_labels_make_room_for_themselves() -> None:
    short, long = (sheet([[RED]], [label], [label]) for label in ("a", "many words that have to be broken into lines"))
    assert long.height > short.height and long.width > short.width
