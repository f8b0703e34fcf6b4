"""Settings of a training: their defaults stand once, and impossible ones are told by their flag."""

from __future__ import annotations

import pytest

from reverie.errors import BadRequest
from reverie.train.settings import ClipPace, Robust, Sitting, VqganPace


def test_what_the_built_in_models_were_trained_with() -> None:
    assert ClipPace() == ClipPace(steps=3000, batch=128, rate=2e-3, warmup=200, words=700)
    assert VqganPace() == VqganPace(steps=4000, batch=16, rate=8e-4, warmup=100)
    assert (Robust().radius, Robust().warm) == (1.0, 0.35)


@pytest.mark.parametrize("field", ["steps", "batch", "rate", "warmup"])
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
