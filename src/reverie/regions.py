"""Parts of the frame that a prompt may be limited to: by name, or by a mask of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from reverie.errors import BadRequest
from reverie.transfer import sent

if TYPE_CHECKING:
    from torch import Tensor

# Left, top, right and bottom in parts of the frame.
NAMED: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {
        "left": (0, 0, 0.5, 1),
        "right": (0.5, 0, 1, 1),
        "top": (0, 0, 1, 0.5),
        "bottom": (0, 0.5, 1, 1),
        "centre": (0.25, 0.25, 0.75, 0.75),
        "center": (0.25, 0.25, 0.75, 0.75),
        "top-left": (0, 0, 0.5, 0.5),
        "top-right": (0.5, 0, 1, 0.5),
        "bottom-left": (0, 0.5, 0.5, 1),
        "bottom-right": (0.5, 0.5, 1, 1),
    }
)


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels, and within it a mask [1,1,h,w] of where the picture may change; None for everywhere."""

    top: int
    left: int
    height: int
    width: int
    mask: Tensor | None = None

    def of(self, images: Tensor) -> Tensor:
        """[B,C,H,W] -> [B,C,h,w]: this part, through which gradients pass only where the mask is."""
        part = images[..., self.top : self.top + self.height, self.left : self.left + self.width]
        if self.mask is None:
            return part
        still = part.detach()
        return still + sent(self.mask, part.device) * (part - still)

    def boxes(self, boxes: Tensor, height: int, width: int) -> Tensor:
        """Centres and sizes [...,4] in parts of this region, as parts of a frame of this size."""
        whole = boxes.new_tensor([width, height, width, height])
        shift = boxes.new_tensor([self.left, self.top, 0, 0])
        return (boxes * boxes.new_tensor([self.width, self.height, self.width, self.height]) + shift) / whole


def region(name: str | None, height: int, width: int, fit: str = "crop") -> Region:
    """The region of this name, or of a mask picture (white is where), in a frame of this size; None is all of it.

    Raises ``BadRequest`` for a mask that is missing, black, or smaller than a pixel.
    """
    if name is None:
        return Region(0, 0, height, width)
    if name in NAMED:
        x0, y0, x1, y1 = NAMED[name]
        left, top = int(x0 * width), int(y0 * height)
        return Region(top, left, max(1, int(y1 * height) - top), max(1, int(x1 * width) - left))
    from reverie.images import mask_of

    mask = mask_of(Path(name), height, width, fit)
    rows, columns = (mask[0, 0] > 0).any(1).nonzero(), (mask[0, 0] > 0).any(0).nonzero()
    if not len(rows):
        raise BadRequest(f"The region {name!r} is black everywhere: a prompt counts where its mask is white.")
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return Region(top, left, bottom - top, right - left, mask[..., top:bottom, left:right])
