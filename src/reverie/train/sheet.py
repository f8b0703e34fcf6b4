"""Pictures side by side in one file, to be looked at while a training runs."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from reverie.data.folder import Folder
from reverie.train.source import Data

DOZEN = (
    "an apple", "a red apple on a blue background", "horse", "a blue horse", "castle on grass", "a cat in the snow",
    "sailboat on the water", "a fish and a banana", "two owls", "rocket at night", "a green mushroom", "snowman; pencil sketch",
)  # fmt: skip


def prompts(data: Data) -> tuple[str, ...]:
    """A dozen texts to be drawn on a sheet: the first captions of a folder, or what the built-in things can show."""
    return tuple(dict.fromkeys(data.captions))[: len(DOZEN)] if isinstance(data, Folder) else DOZEN


def save_sheet(path: Path, rows: Tensor, zoom: int = 1) -> None:
    """Write pictures [rows, columns, 3, S, S] in 0..1, each pixel ``zoom`` wide."""
    from PIL import Image

    grid = rows.permute(0, 3, 1, 4, 2)
    pixels = (grid.reshape(grid.shape[0] * grid.shape[1], -1, 3).clamp(0, 1) * 255).round().byte().cpu().numpy()
    picture = Image.fromarray(pixels)
    picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST).save(path)
