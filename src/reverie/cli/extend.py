"""``reverie extend picture.png --steps 200``: a finished painting goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.output import Output


def extend(
    picture: Annotated[Path, Parameter(help="a picture or video of Reverie's")],
    /,
    *,
    steps: Annotated[int, Parameter(help="how many more", validator=Number(gte=1, lte=1_000_000))] = 30,
    branch: Annotated[str | None, Parameter(help="what to paint from here on, instead of what was written")] = None,
    output: Output | None = None,
) -> int:
    """Go on with a finished picture, as a new one beside it. Its recipe holds the whole way."""
    from reverie.cli.located import located
    from reverie.cli.run import painted
    from reverie.prompts import parse
    from reverie.video import read_recipe

    recipe = located(read_recipe(picture), picture)
    dream, left = recipe.stages()[-1]
    change = {"steps": left + steps} | ({"prompts": parse(branch)} if branch is not None else {})
    return painted([dream.model_copy(update=change)], output or Output(), before=recipe)
