"""Settings of a training: impossible ones are told by their flag."""

from __future__ import annotations

import pytest

from reverie.errors import BadRequest
from reverie.train.settings import ClipPace, Robust, Sitting


@pytest.mark.parametrize("field", ["steps", "batch", "rate", "warmup", "words"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_paces_are_positive(field: str, value: float) -> None:
    with pytest.raises(BadRequest, match=f"--{field} {value}"):
        ClipPace(**{field: value})  # type: ignore[arg-type]


def test_robust_and_sitting() -> None:
    for bad in ({"radius": -1.0}, {"warm": 2.0}, {"replays": 0}, {"radius": float("nan")}):
        with pytest.raises(BadRequest, match="--"):
            Robust(**bad)
    for wrong in ({"minutes": 0}, {"threads": 0}, {"workers": -1}):
        with pytest.raises(BadRequest, match="--"):
            Sitting(**wrong)  # type: ignore[arg-type]
    assert Robust(radius=0).radius == 0


def test_robust_as_asked() -> None:
    assert Robust().asked(None) == Robust().asked(True) == Robust()
    assert Robust().asked(False) == Robust(radius=0) == Robust(radius=0).asked(None) == Robust(radius=0).asked(False)
    with pytest.raises(BadRequest, match="--robust --radius 0"):
        Robust(radius=0).asked(True)
    with pytest.raises(BadRequest, match=r"--no-robust --radius 0\.3"):
        Robust(radius=0.3).asked(False)
