"""The files that a recipe names, of which it keeps the file names alone: found again, or asked for."""

from __future__ import annotations

from pathlib import Path

from reverie.dream import PADDING, STARTS
from reverie.errors import BadRequest
from reverie.recipe import Recipe
from reverie.vectors import vectors_dir


def located(recipe: Recipe, picture: Path) -> Recipe:
    """The recipe of ``picture`` with what it was painted from, which is here or lies beside it; raises ``BadRequest`` where not."""
    dream = recipe.dream

    def found(name: str, field: str) -> str:
        if "://" in name:
            return name
        for place in (Path(name), picture.parent / name, vectors_dir() / name):
            if place.exists() and not place.samefile(picture):  # what is painted over a picture may bear its name
                return str(place)
        cure = f"give --set {field}=PATH" if field != "prompts" else "bring it here"
        raise BadRequest(f"{str(picture)!r} was painted from {name!r}, which is neither here nor beside it: {cure}.")

    files = {"init": None if dream.init in STARTS else dream.init, "mask": None if dream.mask == PADDING else dream.mask}
    update: dict[str, object] = {field: found(name, field) for field, name in files.items() if name}
    if len(dream.palette) == 1 and Path(dream.palette[0]).suffix:
        update["palette"] = (found(dream.palette[0], "palette"),)
    update["prompts"] = tuple(
        prompt.model_copy(update={field: found(name, "prompts") for field, name in prompt.files().items()}) for prompt in dream.prompts
    )
    return recipe.model_copy(update={"dream": dream.model_copy(update=update)})
