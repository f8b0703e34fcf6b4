"""Where things live: REVERIE_HOME first, and nothing made by asking."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie import paths


def test_one_folder_holds_all_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path / "home"))
    assert paths.cache_dir() == tmp_path / "home" / "cache"
    assert paths.data_dir() == tmp_path / "home" / "data"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("home", [None, ""])
def test_else_where_the_system_keeps_such_things(home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if home is None:
        monkeypatch.delenv("REVERIE_HOME")
    else:
        monkeypatch.setenv("REVERIE_HOME", home)
    monkeypatch.setenv("HOME", str(tmp_path))
    for place in (paths.cache_dir(), paths.data_dir()):
        assert place.is_absolute() and "reverie" in place.parts
        assert not place.exists() or tmp_path not in place.parents
    assert paths.cache_dir() != paths.data_dir()


def test_the_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REVERIE_HOME", "~/reverie")
    assert paths.cache_dir() == tmp_path / "reverie" / "cache"


def test_the_built_in_weights_lie_in_the_package() -> None:
    import reverie

    assert paths.package_weights() == Path(reverie.__file__).parent / "weights"
