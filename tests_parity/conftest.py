"""Converted files go to a folder of the test's own; by how much numbers differ stands in the run's report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from originals import Near
from torch import Tensor


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("REVERIE_HOME", str(home))
    return home


@pytest.fixture
def near(record_property: Callable[[str, object], None]) -> Near:
    """Asserts that no number of ours is further from theirs than a limit, and tells the JUnit report how far the furthest is."""

    def compared(what: str, found: Tensor, wanted: Tensor, limit: float) -> None:
        error = (found - wanted).abs().max().item()
        record_property(what, f"{error:.1e} {limit:.0e}")
        assert found.shape == wanted.shape and error <= limit, f"{what}: {error}"

    return compared
