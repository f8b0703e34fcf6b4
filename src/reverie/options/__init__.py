"""What can be set of each part with ``-o part.option=value``, a module for each.

None imports torch, so that a mistyped option is told at once, and by machines that paint nothing.
"""

from __future__ import annotations

OF_CUTS = {"warp": "cutouts", "big-sleep": "cutouts_big_sleep", "deep-daze": "cutouts_deep_daze"}  # all others are the notebooks'


def of_cuts(method: str) -> str:
    """The module here that holds the options of a way of cutting views."""
    return OF_CUTS.get(method, "cutouts_notebook")
