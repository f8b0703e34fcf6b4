"""How sure a mean is: Student's intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

# The 97.5 % points of Student's distribution with 1, 2, 3 ... degrees of freedom.
T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
NORMAL = 1.959964


@dataclass(frozen=True)
class Mean:
    """A mean of ``count`` values, which lies within ``half`` of the true one with 95 % confidence; one value says nothing of that."""

    mean: float
    half: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        """Of one value or more, taken to be independent and about normal."""
        count = len(values)
        half = student(count - 1) * stdev(values) / sqrt(count) if count > 1 else None
        return cls(fmean(values), half, count)

    @property
    def arrow(self) -> str:
        """Up or down where the interval leaves zero out, else nothing."""
        return "" if self.half is None or abs(self.mean) <= self.half else "↑" if self.mean > 0 else "↓"


def student(degrees: int) -> float:
    """The 97.5 % point; beyond the table by Cornish and Fisher's expansion, which is right to three decimals there."""
    if degrees <= len(T):
        return T[degrees - 1]
    z = NORMAL
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
