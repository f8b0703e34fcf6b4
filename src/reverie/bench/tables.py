"""Figures as aligned text for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def aligned(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Columns flush right under their heads."""
    whole = [heads, *lines]
    widths = [max(len(line[i]) for line in whole) for i in range(len(heads))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in whole)


def as_json(found: Mapping[str, Any]) -> str:
    """The machine's facts and the figures."""
    return json.dumps(found, allow_nan=False)
