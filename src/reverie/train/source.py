"""Where a training's pictures come from: scenes composed of icons, or a folder of one's own."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from reverie.data.folder import CropMaker, Folder
from reverie.data.icons import Icons
from reverie.data.plain import PlainMaker
from reverie.data.scenes import SceneMaker

Data = Icons | Folder


class Shown(Protocol):
    """A batch: ``images`` [B,3,S,S] in 0..1, with whatever else its source knows."""

    @property
    def images(self) -> Tensor: ...


class Source(Protocol):
    """Draws the batch of a step; the same seed and step draw the same batch, so that training resumes exactly."""

    def __call__(self, count: int, step: int) -> Shown: ...


def scenes(data: Data, size: int, seed: int) -> Source:
    """Pictures of side ``size``, varied: composed scenes, or random crops."""
    return SceneMaker(data, size, seed) if isinstance(data, Icons) else CropMaker(data, size, seed)


def drawings(data: Data, size: int, hands: int, seed: int) -> PlainMaker | CropMaker:
    """Pictures of side ``size`` that show what their captions say as closely as can be, and by which hand."""
    if isinstance(data, Icons):
        return PlainMaker(data, size, hands, seed)
    return CropMaker(data, size, seed, hands, moving=False)
