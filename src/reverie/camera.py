"""A camera over a painting: how the picture is enlarged and shifted every so many steps, and what is seen between two such moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from PIL.Image import Image

    from reverie.dream import Dream


class Camera(BaseModel):
    """Moves after every ``every`` steps from step ``start`` on: ``zoom`` times larger about the centre, then ``shift`` pixels to the
    right and down, where what leaves on one side comes in on the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    zoom: float = Field(ge=0.5, le=2)
    shift: tuple[int, int]
    every: int = Field(ge=1)
    start: int = Field(ge=0)

    @classmethod
    def of(cls, dream: Dream) -> Camera | None:
        """The dream's own; None where nothing moves."""
        if dream.zoom == 1 and not any(dream.shift):
            return None
        return cls(zoom=dream.zoom, shift=dream.shift, every=dream.zoom_every, start=dream.zoom_start)

    def due(self, step: int) -> int:
        """The first step from this one on at which it moves."""
        return -(-max(step, self.start) // self.every) * self.every

    def moved(self, image: Image, share: float = 1.0) -> Image:
        """The picture after ``share`` (-1..1) of a move. Zooming out mirrors what is there beyond its edges."""
        import numpy as np
        from PIL import Image, ImageChops

        width, height = image.size
        wide, high = (side / self.zoom**share for side in image.size)
        margin = max(0, math.ceil(max(wide - width, high - height) / 2))
        grown = Image.fromarray(np.pad(np.asarray(image), ((margin, margin), (margin, margin), (0, 0)), mode="symmetric"))
        left, top = (grown.width - wide) / 2, (grown.height - high) / 2
        seen = grown.resize(image.size, Image.Resampling.LANCZOS, box=(left, top, left + wide, top + high))
        return ImageChops.offset(seen, *(round(side * share) for side in self.shift))

    def between(self, first: Image, last: Image, share: float) -> Image:
        """What is seen at ``share`` (0..1) of the way from one picture to the next, which was painted over the first one moved."""
        from PIL import Image

        return Image.blend(self.moved(first, share), self.moved(last, share - 1), share)
