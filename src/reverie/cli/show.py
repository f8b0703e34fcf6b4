"""``reverie show picture.png``: how a picture was made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from reverie.cli.output import SWITCH
from reverie.errors import BadRequest
from reverie.recipe import Recipe


def show(
    picture: Annotated[Path, Parameter(help="a PNG, JPEG or WebP")],
    /,
    *,
    json: Annotated[bool, SWITCH, Parameter(help="the recipe as it stands in the picture")] = False,
) -> int:
    """Print the recipe inside a picture."""
    from reverie.video import read_recipe

    recipe = read_recipe(picture)
    print(recipe.to_json() if json else described(recipe))
    return 0


def described(recipe: Recipe) -> str:
    """The recipe for a reader: its prompts, a line per setting, and what happened on the way."""
    from reverie.prompts import show as written

    settings = recipe.dream.model_dump(mode="json", exclude={"prompts", "perceptors", "options"})
    settings |= {name: _listed(getattr(recipe.dream, name)) or None for name in ("templates", "more", "less")}
    settings["push"] = recipe.dream.push if recipe.dream.more or recipe.dream.less else None
    settings["layers"] = " ".join(map(str, recipe.dream.layers)) or None
    settings["palette"] = " ".join(recipe.dream.palette) or None
    settings["objectives"] = " ".join(f"{name}:{weight:g}" for name, weight in recipe.dream.objectives.items()) or None
    settings["perceptors"] = " ".join(f"{sight.name}:{sight.weight:g}" for sight in recipe.dream.perceptors)
    for component, options in recipe.dream.options.items():
        settings |= {f"{component}.{option}": value for option, value in options.items()}
    told = (
        {"prompts": written(recipe.dream.prompts)} | _from(recipe) | {name: value for name, value in settings.items() if value is not None}
    )
    lines = [f"{name:<16}{value}" for name, value in told.items()]
    for (step, edit), (dream, _) in zip(recipe.edits, [*recipe.stages()[1:], recipe.stages()[-1]], strict=False):
        became = {**edit, **({"prompts": written(dream.prompts)} if "prompts" in edit else {})}
        lines.append(f"at step {step:<8}" + ", ".join(f"{name} became {value}" for name, value in became.items()))
    return "\n".join(lines)


def _listed(texts: Sequence[str]) -> str:
    """Texts between bars; a vector that is written out is as long as a page."""
    from reverie.vectors import INLINE

    return " | ".join(text if len(text) < 100 or not text.startswith(INLINE) else f"{text[:60]}..." for text in texts)


def _from(recipe: Recipe) -> dict[str, str]:
    """What a morph came from."""
    from reverie.prompts import show as written

    try:
        return {"from": written(Recipe.from_json(recipe.parent).dream.prompts)} if recipe.parent else {}
    except BadRequest:  # whatever else stands there
        return {}
