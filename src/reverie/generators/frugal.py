"""Generators that keep less while they decode and compute more: the same pictures, the same gradients."""

from __future__ import annotations

from reverie.types import Frugal, Generator


def frugal(generator: Generator) -> Generator:
    """The same generator, frugal where it can be."""
    return generator.frugal() if isinstance(generator, Frugal) else generator
