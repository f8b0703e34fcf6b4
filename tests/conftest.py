"""What every test gets: a home of its own, one thread for torch, and examples that are the same on every run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mutations
import pytest
from hypothesis import settings

# No deadline, since a busy machine is no defect; no database, since a run should not depend on the one before.
settings.register_profile("reverie", deadline=None, derandomize=True, database=None)
settings.load_profile("reverie")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is read from or written to the home of whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("REVERIE_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tests run side by side, one core each; torch is not imported for a test that needs none."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    yield


@pytest.fixture(autouse=True)
def gradients_as_they_were() -> Iterator[None]:
    """A test that left them off would fail all that come after it in its process, and none of them would say why."""
    yield
    torch = sys.modules.get("torch")
    if torch and not torch.is_grad_enabled():
        torch.set_grad_enabled(True)
        pytest.fail("gradients were left off")


@pytest.fixture
def refusals(record_property: Callable[[str, object], None]) -> mutations.Fuzz:
    """``mutations.refusals``; what it counted stands in the run's JUnit report, for the acceptance page."""

    def counted(load: Callable[[], Any], path: Path, made: Callable[[], bytes], count: int) -> int:
        refused = mutations.refusals(load, path, made, count)
        record_property("files", count)
        record_property("refused", refused)
        return refused

    return counted


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Options that make a dream paint with tiny real networks; torch is imported only for tests that ask for them."""
    import tiny

    return tiny.save(tmp_path_factory.mktemp("networks"))
