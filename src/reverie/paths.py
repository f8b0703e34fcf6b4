"""Where Reverie keeps things: one folder when REVERIE_HOME says so, else where the system keeps such things."""

from __future__ import annotations

import os
from pathlib import Path


def _home(kind: str) -> Path | None:
    home = os.environ.get("REVERIE_HOME")
    return Path(home).expanduser().absolute() / kind if home else None


def cache_dir() -> Path:
    """What can be made or fetched again: downloads, converted weights. Not created here."""
    from platformdirs import user_cache_path

    return _home("cache") or user_cache_path("reverie", appauthor=False)


def data_dir() -> Path:
    """What cannot: the gallery, checkpoints. Not created here."""
    from platformdirs import user_data_path

    return _home("data") or user_data_path("reverie", appauthor=False)


def models_dir() -> Path:
    """Models that were fetched or added, a folder each: large, and some can be had nowhere any more. Not created here."""
    return data_dir() / "models"


def styles_dir() -> Path:
    """Styles of one's own, a YAML file each. Not created here."""
    return data_dir() / "styles"


def wildcards_dir() -> Path:
    """Lists from which prompts draw words. Not created here."""
    return data_dir() / "wildcards"


def package_weights() -> Path:
    """The folder of the weights that come with the package."""
    from importlib.resources import files

    return Path(str(files("reverie") / "weights"))
