"""A small folder of captioned pictures, as somebody would bring to train from."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image, ImageDraw

COLOURS = {"red": (200, 30, 30), "green": (30, 150, 40), "blue": (30, 60, 220)}
SHAPES = ("disc", "square")
NAMES = tuple(f"{colour}-{shape}" for colour in COLOURS for shape in SHAPES)


def picture(name: str, width: int = 90, height: int = 60) -> Image.Image:
    colour, shape = name.split("-")
    image = Image.new("RGB", (width, height), (240, 240, 230))
    box = (width // 2 - height // 3, height // 6, width // 2 + height // 3, 5 * height // 6)
    draw = ImageDraw.Draw(image)
    (draw.ellipse if shape == "disc" else draw.rectangle)(box, fill=COLOURS[colour])
    return image


def caption(name: str) -> str:
    return "a " + name.replace("-", " ")


def folder(path: Path) -> Path:
    """Six pictures in three formats, half of them in a subfolder: told by metadata.jsonl above, by .txt files below."""
    (path / "more").mkdir(parents=True)
    lines = []
    for place, name in enumerate(NAMES):
        file = f"{name}{('.png', '.jpg', '.webp')[place % 3]}"
        if place < 3:
            picture(name).save(path / file)
            lines.append(json.dumps({"file_name": file, "text": caption(name)}))
        else:
            picture(name).save(path / "more" / file)
            (path / "more" / f"{name}.txt").write_text(caption(name) + "\n")
    (path / "metadata.jsonl").write_text("\n".join(lines))
    return path
