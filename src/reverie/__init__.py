"""Reverie paints what you write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reverie.dream import Dream
    from reverie.prompts import Prompt
    from reverie.studio import paint
    from reverie.types import Frame

__version__ = "0.1.0"
__all__ = ["Dream", "Frame", "Prompt", "paint"]

_HOMES = {"Dream": "reverie.dream", "Frame": "reverie.types", "Prompt": "reverie.prompts", "paint": "reverie.studio"}


def __getattr__(name: str) -> Any:
    """The few public names, imported when first asked for: importing the package does nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'reverie' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
