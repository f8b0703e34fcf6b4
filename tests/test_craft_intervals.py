"""Student's intervals, against the distribution itself."""

from __future__ import annotations

from math import exp, lgamma, pi, sqrt

import pytest

from reverie.craft.intervals import Mean, student


def inside(degrees: int, bound: float) -> float:
    """How likely Student's t is within ``bound``, by Simpson's rule over its density."""
    scale = exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / sqrt(degrees * pi)
    count = 4000
    values = [scale * (1 + (bound * i / count) ** 2 / degrees) ** (-(degrees + 1) / 2) for i in range(count + 1)]
    return 2 * bound / count / 3 * (values[0] + 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2]) + values[-1])


@pytest.mark.parametrize("degrees", [*range(1, 13), 20, 31, 100, 1000])
def test_the_bounds_hold_95_percent(degrees: int) -> None:
    assert inside(degrees, student(degrees)) == pytest.approx(0.95, abs=2e-4)


def test_means() -> None:
    assert Mean.of([2.0]) == Mean(2.0, None, 1) and Mean.of([2.0]).arrow == ""
    wide = Mean.of([1.0, -1.0, 2.0])
    assert wide.mean == pytest.approx(2 / 3) and wide.half == pytest.approx(4.303 * sqrt(7 / 3) / sqrt(3)) and wide.arrow == ""
    assert Mean.of([1.0, 1.1, 0.9]).arrow == "↑" and Mean.of([-1.0, -1.1, -0.9]).arrow == "↓"
