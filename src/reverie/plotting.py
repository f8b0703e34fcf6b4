"""Curves as pictures, drawn by matplotlib."""

from __future__ import annotations

from io import BytesIO
from math import isfinite

from reverie.curve import Curve
from reverie.errors import BadRequest

LOSS, JUDGE = "#b5543a", "#2f6f8f"


def drawn(curve: Curve, title: str) -> bytes:
    """A PNG of loss (left axis) and the judge's score (right axis, 0..1) over steps; raises ``BadRequest`` when there is no point."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BadRequest("Plots are drawn by matplotlib: pip install 'reverie[plot]'.") from None
    if not curve.steps:
        raise BadRequest("This picture was painted without a step: there is nothing to plot.")
    figure = Figure(figsize=(7, 3.5), dpi=150, layout="constrained")
    left = figure.subplots()
    left.plot(curve.steps, curve.losses, color=LOSS, marker="." if len(curve.steps) < 40 else "")
    left.set_xlabel("step")
    left.set_ylabel("loss", color=LOSS)
    if any(isfinite(score) for score in curve.scores):
        right = left.twinx()
        right.plot(curve.steps, curve.scores, color=JUDGE, marker="." if len(curve.steps) < 40 else "")
        right.set_ylabel("the judge is sure", color=JUDGE)
        right.set_ylim(0, 1)
    left.set_title(title if len(title) <= 70 else title[:67] + "...", parse_math=False)
    left.spines["top"].set_visible(False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
