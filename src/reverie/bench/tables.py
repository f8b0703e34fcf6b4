"""Figures as aligned text."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Columns flush right under their heads."""
    whole = [heads, *lines]
    widths = [max(len(line[i]) for line in whole) for i in range(len(heads))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in whole)
