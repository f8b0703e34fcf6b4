"""``reverie craft ablate picture.png``: what each phrase of its prompt contributed, and where it is seen."""

from __future__ import annotations

import json as as_json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.cells import painted_cells, shown_in_table
from reverie.cli.located import located
from reverie.cli.output import DEVICE, SWITCH, Output
from reverie.craft.cells import save_beside, save_sheet
from reverie.craft.phrases import Phrase, phrases
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.files import FORMATS, check_writable, read_recipe
from reverie.images import load_picture
from reverie.observers.events import Events
from reverie.prompts import show

if TYPE_CHECKING:
    from PIL.Image import Image

    from reverie.craft.ablation import Said

PHRASE = Parameter(negative=(), help="a part of the prompt to ask about instead of what stands between commas; several times")


@dataclass(frozen=True)
class Asked:
    """The picture, the dream that it is of, what is asked about, and with ``--paint`` the pictures without each phrase."""

    picture: Image
    dream: Dream
    phrases: Sequence[Phrase]
    repainted: Sequence[Image | None] = ()


@Parameter(name="*")
@dataclass(frozen=True)
class Telling:
    """How what was found is told."""

    overwrite: Annotated[bool, SWITCH, Parameter(help="replace a sheet that exists")] = False
    quiet: Annotated[bool, SWITCH, Parameter(name=["--quiet", "-q"], help="say nothing but the table and where the sheet is")] = False
    json: Annotated[bool, SWITCH, Parameter(help="the figures as a JSON object")] = False
    device: Annotated[str, DEVICE] = "auto"

    def output(self) -> Output:
        """The same for what is painted."""
        return Output(overwrite=self.overwrite, quiet=self.quiet, json=self.json, device=self.device)


def ablate(
    picture: Annotated[Path, Parameter(help="a picture of Reverie's")],
    *,
    phrase: Annotated[list[str] | None, PHRASE] = None,
    paint: Annotated[bool, SWITCH, Parameter(help="paint it again without each phrase, by the same seed, and compare")] = False,
    looks: Annotated[int, Parameter(help="views by which the heat-maps are found", validator=Number(gte=50, lte=100_000))] = 600,
    out: Annotated[Path | None, Parameter(help="a folder or a picture file; beside the picture by default")] = None,
    telling: Telling = Telling(),  # noqa: B008 - frozen
) -> int:
    """Tell what each phrase of a picture's prompt contributed: by judge and guide, with and without it, and where it is seen."""
    recipe = read_recipe(picture)
    if paint and len(recipe.stages()) > 1:
        raise BadRequest(f"{str(picture)!r} was gone on with from another picture, and --paint paints from the start: leave it out.")
    if paint or any(prompt.files() for prompt in recipe.dream.prompts):
        recipe = located(recipe, picture)
    dream, steps = recipe.stages()[-1]
    asked = Asked(load_picture(picture), dream, phrases(dream.prompts, phrase or []))
    path = out if out and out.suffix.lower() in FORMATS else (out or picture.parent) / f"{picture.stem}-phrases.png"
    check_writable(path.parent)
    if not (telling.quiet or telling.json):
        print(show(dream.prompts), file=sys.stderr)
    if paint:
        again = [dream.model_copy(update={"prompts": one.rest, "steps": steps}) for one in asked.phrases if one.rest]
        names = [f"without {one.text}" for one in asked.phrases if one.rest]
        code, cells = painted_cells(again, names, path.with_suffix(""), telling.output())
        if code:
            return code
        pictures = iter(cells)
        repainted = [load_picture(next(pictures).path) if one.rest else None for one in asked.phrases]
        asked = Asked(asked.picture, dream, asked.phrases, repainted)
    return _told(asked, path, telling.output(), looks)


def _told(asked: Asked, path: Path, output: Output, looks: int) -> int:
    from reverie.craft.ablation import agreement, as_data, said
    from reverie.craft.asked import eyes, stacked
    from reverie.plan import pick_device

    place, image = pick_device(output.device), stacked([asked.picture])
    eye = eyes(asked.dream, place)
    told = said(image, asked.dream, asked.phrases, eye)
    data: list[dict[str, Any]] = [as_data(one, mine) for one, mine in zip(asked.phrases, told, strict=True)]
    for mine, again in zip(data, asked.repainted, strict=False):
        if again:
            other = stacked([again])
            whole = {who: agreement(who, one, other, asked.dream.prompts, asked.dream.fit) for who, one in eye.items()}
            mine["repainted"] = {"moved": round((other - image).abs().mean().item() * 255, 3), "whole": whole}
    page, most = _page(asked, data, looks, output.device)
    saved = save_sheet(page, path, output.overwrite)
    facts = {"prompt": show(asked.dream.prompts), "phrases": data, "warmest": most}
    kept = save_beside(saved, as_json.dumps(facts, indent=1, allow_nan=False))
    if output.json:
        Events(sys.stdout).tell("phrases", path=str(saved), kept=str(kept), **facts)
        return 0
    _table(asked, told, data)
    print(saved)
    print(kept)
    return 0


def _page(asked: Asked, data: Sequence[dict[str, Any]], looks: int, device: str) -> tuple[Image, float]:
    """The picture, where each phrase is seen, and what is painted without it; and the cosine that the warmest colour stands for."""
    from PIL import Image

    from reverie.craft import heat
    from reverie.craft.asked import guides, stacked
    from reverie.plan import pick_device
    from reverie.sheets import sheet

    place = pick_device(device)
    heaviest = max(range(len(asked.dream.perceptors)), key=lambda i: asked.dream.perceptors[i].weight)
    guide = list(guides(asked.dream, place).values())[heaviest]
    maps = heat.heat(guide, stacked([asked.picture]), [one.text for one in asked.phrases], place, looks)
    most = maps.abs().max().item()
    rows: list[list[Image.Image | None]] = [[asked.picture, *(heat.painted(asked.picture, one, most) for one in maps)]]
    rows += [[None, *asked.repainted]] if any(asked.repainted) else []
    labels = ["where it is seen", "painted without it"][: len(rows)] if len(rows) > 1 else []
    page = sheet(rows, ["the picture", *(f"{one.text}\n{_brief(mine)}" for one, mine in zip(asked.phrases, data, strict=True))], labels)
    bar = heat.legend(page.width, most)
    whole = Image.new("RGB", (page.width, page.height + bar.height), "white")
    whole.paste(page, (0, 0))
    whole.paste(bar, (0, page.height))
    return whole, round(most, 6)


def _brief(mine: Mapping[str, Any]) -> str:
    """A line for each of those asked: how well the picture fits the phrase alone."""
    told = [(who, one) for who, one in mine.items() if isinstance(one, dict) and "alone" in one]
    return "\n".join(f"{who} {_number(one['alone'])}" for who, one in told if one["alone"] is not None)


def _table(asked: Asked, told: Sequence[Mapping[str, Said]], data: Sequence[Mapping[str, Any]]) -> None:
    """A row for each phrase."""
    titles, rows = ["phrase"], [[one.text] for one in asked.phrases]
    for who in told[0]:
        titles += [f"{who}: alone", "adds"]
        for row, mine in zip(rows, told, strict=True):
            row += [_number(mine[who].alone), _number(mine[who].gain, "+")]
    if asked.repainted:
        titles += [*(f"without it {who}" for who in told[0]), "moved"]
        for row, mine, again in zip(rows, told, data, strict=True):
            painted = again.get("repainted")
            row += [_number(painted["whole"][who] if painted else None) for who in mine] + [f"{painted['moved']:.1f}" if painted else "-"]
    shown_in_table(titles, rows)
    whole = ", ".join(f"{who} {_number(one.whole)}" for who, one in told[0].items())
    print(
        f"the picture and all that was asked for: {whole}\nalone: how well the picture fits the phrase by itself; adds: how much better it "
        "fits what was asked for with the phrase in it than without\njudge: how sure it is, 0..1, - where it knows none of the words; "
        "guide: cosine",
        file=sys.stderr,
    )
    if asked.repainted:
        print("without it: what they say of the picture painted without the phrase, held against the whole prompt", file=sys.stderr)
        print("moved: by how many levels of 255 that is another picture, on average", file=sys.stderr)


def _number(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.3f}"
