"""The rules that Reverie relies on, and what glass is about."""

from __future__ import annotations

import reverie_glass
import reverie_glass.window
import torch
from reverie_glass.panes import Glass

from reverie.rng import Rng
from reverie.testing import check_generator, check_import, check_objective

CPU = torch.device("cpu")


def test_the_rules() -> None:
    check_import("reverie_glass", "reverie_glass.window")
    check_generator(reverie_glass, options={"panes": 40})
    check_objective(reverie_glass.window)


def test_a_pane_has_one_colour_and_lead_around_it() -> None:
    glass = Glass(reverie_glass.Options(panes=4, lead=0.05), CPU)
    with torch.no_grad():
        image = glass(glass.encode(torch.full((1, 3, 64, 64), 0.8)))[0]
    assert (image > 0.75).float().mean() > 0.8 and image.min() < 0.1


def test_the_window_is_dark_outside_only() -> None:
    window = reverie_glass.window.build(reverie_glass.window.Options(), CPU)
    corner, middle = torch.zeros(2, 1, 3, 32, 32)
    corner[..., :4, :4], middle[..., 14:18, 14:18] = 1, 1
    assert window(corner, {}, 0) > 0 and window(middle, {}, 0) == 0
    assert len(window(torch.rand(3, 3, 8, 8, generator=Rng(0).at("test")), {}, 0)) == 3
