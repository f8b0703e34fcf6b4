"""Directions as files: what they were made of, and how their examples lean."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch

from reverie.build import component
from reverie.craft.directions import made
from reverie.errors import BadRequest
from reverie.reading import direction
from reverie.vectors import load_vector


def test_the_file_holds_the_way(networks: tiny.Options, tmp_path: Path) -> None:
    dream = tiny.dream(networks, more=["a castle", "stone"], less=["water"])
    told = made(dream, tmp_path / "way.safetensors")
    eye = component("perceptor", "mini", dream, tiny.CPU)
    assert torch.allclose(load_vector(tmp_path / "way.safetensors"), direction(dream.more, dream.less, eye), atol=1e-6)
    more, less = told["leaning"]["more"], told["leaning"]["less"]
    assert more[0] == pytest.approx(-less[0], abs=1e-3) and more[1] <= more[0] <= more[2]
    with pytest.raises(BadRequest, match="exists"):
        made(dream, tmp_path / "way.safetensors")


def test_one_side_is_enough(networks: tiny.Options, tmp_path: Path) -> None:
    told = made(tiny.dream(networks, more=["a castle"]), tmp_path / "way.safetensors")
    assert told["leaning"] == {"more": [1.0, 1.0, 1.0]} and not told["mixed"]
