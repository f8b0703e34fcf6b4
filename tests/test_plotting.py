"""Curves are drawn, the judge's only where there is one."""

from __future__ import annotations

from io import BytesIO
from math import nan

import pytest
from PIL import Image

from reverie.curve import Curve
from reverie.errors import BadRequest
from reverie.plotting import drawn


def test_a_curve_is_a_picture() -> None:
    steps, losses = (0, 1, 2), (1.0, 0.5, 0.4)
    judged, alone = (drawn(Curve(steps, losses, scores), "a $ fox") for scores in ((0.1, 0.2, 0.3), (nan, nan, nan)))
    assert Image.open(BytesIO(judged)).size == Image.open(BytesIO(alone)).size and judged != alone


def test_there_must_be_something_to_draw() -> None:
    with pytest.raises(BadRequest, match="without a step"):
        drawn(Curve(), "a fox")
