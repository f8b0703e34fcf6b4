"""What Reverie paints from the hundred prompts, and a sheet on which all of it can be seen."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from reverie.build import frames
from reverie.dream import Dream
from reverie.files import write_file

BATCH = 8  # dreams painted together
CELL, COLUMNS, LABEL = 128, 10, 30  # pixels of a picture on the sheet, pictures per row, pixels below for the words


def paint(dreams: Sequence[Dream], device: str, tell: Callable[[str], None]) -> Tensor:
    """The finished pictures of dreams of one shape, [N,3,H,W] in 0..1, in their order."""
    return torch.cat(list(_batches(dreams, device, tell)))


def _batches(dreams: Sequence[Dream], device: str, tell: Callable[[str], None]) -> Iterator[Tensor]:
    for at in range(0, len(dreams), BATCH):
        final = [frame for frame in frames(dreams[at : at + BATCH], wants=lambda step, steps: False, device=device) if frame.final]
        tell(f"{dreams[0].generator}, {dreams[0].steps} steps: {min(at + BATCH, len(dreams))} of {len(dreams)} painted")
        yield torch.stack([frame.pixels for frame in final]).permute(0, 3, 1, 2).float() / 255


def sheet(path: Path, images: Tensor, labels: Sequence[str], marks: Sequence[str]) -> Path:
    """Write pictures [N,3,H,W] in rows of ten as lossless WebP, each with its words below and a second line, ``marks``."""
    rows = -(-len(images) // COLUMNS)
    whole = Image.new("RGB", (COLUMNS * CELL, rows * (CELL + LABEL)), "white")
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(10)
    for i, (image, *lines) in enumerate(zip(images, labels, marks, strict=True)):
        x, y = i % COLUMNS * CELL, i // COLUMNS * (CELL + LABEL)
        pixels = (image.permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        whole.paste(Image.fromarray(pixels).resize((CELL - 4, CELL - 4), Image.Resampling.LANCZOS), (x + 2, y + 2))
        for line, words in enumerate(lines):
            pen.text((x + 3, y + CELL + 13 * line), words[:26], fill="black" if line == 0 else "grey", font=font)
    file = io.BytesIO()
    whole.save(file, "WEBP", lossless=True)
    return write_file(path, file.getvalue(), overwrite=True)
