"""``reverie plot picture.png``: how its painting got on, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from reverie.errors import BadRequest


def plot(
    picture: Annotated[Path, Parameter(help="a picture of Reverie's")],
    /,
    *,
    out: Annotated[Path | None, Parameter(help="where to, a PNG; PICTURE.plot.png by default")] = None,
) -> int:
    """Draw the loss and the judge's score of a picture's painting over its steps."""
    from reverie.files import check_target, read_curve, read_recipe, write_file
    from reverie.prompts import show

    curve, recipe = read_curve(picture), read_recipe(picture)
    target = out or picture.with_suffix(".plot.png")
    if target.suffix.lower() != ".png":
        raise BadRequest(f"{str(target)!r} is no PNG: a plot is drawn as one.")
    if out:
        check_target(out, None)
    from reverie.plotting import drawn

    print(write_file(target, drawn(curve, show(recipe.dream.prompts))))
    return 0
