"""``reverie replay picture.png --set steps=500``: a picture's recipe, painted again with changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from reverie.cli.output import Output
from reverie.errors import BadRequest


def replay(
    picture: Annotated[Path, Parameter(help="a picture or video of Reverie's")],
    /,
    *,
    changes: Annotated[
        list[str] | None,
        Parameter(name="--set", negative=(), allow_leading_hyphen=True, help="name=value or component.option=value, any number of them"),
    ] = None,
    output: Output | None = None,
) -> int:
    """Paint a picture again from the recipe inside it."""
    from reverie.cli.located import located
    from reverie.cli.run import painted
    from reverie.craft.lists import spelled
    from reverie.recipe import changed
    from reverie.video import read_recipe

    settings = {}
    for change in changes or []:
        name, equals, value = change.partition("=")
        if not (name and equals):
            raise BadRequest(f"--set {change!r} is not name=value, as in --set steps=500.")
        settings[name] = str(spelled({name: value})[name])
    recipe = located(changed(read_recipe(picture), settings), picture)
    dream, left = recipe.stages()[-1]
    return painted([dream], output or Output(), left if left < dream.steps else None, recipe.earlier())
