"""How much is worked on at once, and half of it when that was too much.

The mathematics stays the same: whoever works in portions computes some things twice instead of keeping them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Portions:
    """``views`` that a perceptor looks at together, ``dreams`` that are decoded together. ``frugal``: the generator computes its
    layers again on the way back instead of keeping what they made.
    """

    views: int
    dreams: int
    frugal: bool = False

    def rows(self, dreams: int) -> Iterator[slice]:
        """The dreams that are decoded together, portion after portion."""
        return (slice(first, first + self.dreams) for first in range(0, dreams, self.dreams))

    def halved(self, views: int, dreams: int) -> Portions | None:
        """Half of what was in use when memory did not suffice for so many views and dreams; None if that cannot be halved."""
        views, dreams = min(self.views, views), min(self.dreams, dreams)
        if views <= 1 and dreams <= 1 and self.frugal:
            return None
        return Portions(max(1, views // 2), max(1, dreams // 2), frugal=True)


def is_short(error: BaseException) -> bool:
    """Whether this error says that memory did not suffice: torch's own, or that of a CPU."""
    return isinstance(error, torch.OutOfMemoryError) or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
