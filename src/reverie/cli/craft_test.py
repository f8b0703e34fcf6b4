"""``reverie craft test "a castle" --with fresco,4k``: what words do, on pairs that differ in nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.cells import TOGETHER, painted_cells, shown_in_table
from reverie.cli.flags import dreams, with_dream_flags
from reverie.cli.output import Output
from reverie.cli.paint import PRESET
from reverie.cli.wording import Wording
from reverie.craft.attach import split
from reverie.craft.axes import parted
from reverie.craft.cells import save_beside, save_sheet, sheet_and_folder
from reverie.craft.library import modifiers
from reverie.errors import BadRequest
from reverie.images import load_picture
from reverie.observers.events import Events

if TYPE_CHECKING:
    from reverie.craft.effects import Added, Effect, Trial

WITH = Parameter(
    name="--with", negative=(), group="The test", help="names of the library or any words, among commas: oil-painting,4k,'made of ice'"
)


@with_dream_flags
def test(
    *subjects: Annotated[str, Parameter(help="what to paint with and without the words; several texts are several subjects")],
    with_: Annotated[list[str] | None, WITH] = None,
    seeds: Annotated[int, Parameter(help="pairs of each subject, from --seed up", group="The test", validator=Number(gte=1, lte=1000))] = 4,
    preset: Annotated[str | None, PRESET] = None,
    wording: Wording = Wording(),  # noqa: B008 - frozen
    output: Output | None = None,
    **fields: Any,
) -> int:
    """Measure what words do: paint each subject with and without them, by the same seeds, and ask judge and guide.

    A table with 95 % intervals, a sheet of all pictures, and the figures as JSON beside it. Run again, it paints what is missing.
    """
    plain, _ = split(subjects)
    plus = [word for word in subjects if word not in plain]
    tried = _tried(with_ or [])
    if not plain or not tried:
        raise BadRequest("A test needs a subject and words to try: reverie craft test 'a castle' --with oil-painting,4k.")
    if wording.all:
        raise BadRequest("A test draws a text for each seed: leave --all out, and give several subjects.")
    output = output or Output()
    pairs = [one for subject in plain for one in dreams([subject, *plus], fields, seeds, preset, wording)]
    from reverie.craft.effects import Trial

    trials = [Trial.of(one, tried) for one in pairs]
    path, folder = sheet_and_folder(output.out, f"{' '.join(plain)} with {' '.join(one.name for one in tried)}", "effects")
    several = len(plain) > 1
    labels = [f"{subject if several else ''} seed {one.seed}".strip() for subject, one in _each(plain, pairs, seeds)]
    names = [f"{label} {one}" for label in labels for one in ("plain", *(one.name for one in tried))]
    columns = 1 + len(tried)
    together = max(columns, TOGETHER // columns * columns)  # a pair is painted in one batch
    code, cells = painted_cells([dream for trial in trials for dream in trial.dreams], names, folder, output, together)
    if code:
        return code
    return _told([load_picture(cell.path) for cell in cells], trials, tried, (plain, labels, seeds), (path, output))


def _each(subjects: Sequence[str], pairs: Sequence[Any], seeds: int) -> list[tuple[str, Any]]:
    return list(zip([subject for subject in subjects for _ in range(seeds)], pairs, strict=True))


def _tried(given: Sequence[str]) -> list[Added]:
    """What the words are that are tried: the library's, where it has one of this name, else as they stand."""
    from reverie.craft.effects import Added

    library = {one.name: one.words for one in modifiers()}
    found = list[Added]()
    for name in dict.fromkeys(part for one in given for part in parted(one)):
        bare = name.removeprefix("+").lower()
        if name.startswith("+") and bare not in library:
            split([name])  # which says what is close to it
        if name:
            found.append(Added(bare if bare in library else name, library.get(bare, name)))
        if name and bare not in library and " " not in name and (close := get_close_matches(bare, library, 1, 0.8)):
            print(f"note: {name!r} is no name of the library and is tried as it stands; {close[0]!r} is one", file=sys.stderr)
    return found


def _told(
    pictures: Sequence[Any],
    trials: Sequence[Trial],
    tried: Sequence[Added],
    asked: tuple[Sequence[str], Sequence[str], int],
    to: tuple[Any, Output],
) -> int:
    """Ask, and tell: the table, the sheet, the JSON."""
    from reverie.craft import effects
    from reverie.craft.asked import eyes, stacked
    from reverie.plan import pick_device
    from reverie.sheets import sheet

    (subjects, labels, seeds), (path, output) = asked, to
    images, dream = stacked(pictures), trials[0].plain
    found = effects.effects(trials, tried, seeds, images, eyes(dream, pick_device(output.device)))
    reseeded = effects.reseeded(images[:: 1 + len(tried)], seeds)
    rows = [pictures[at : at + 1 + len(tried)] for at in range(0, len(pictures), 1 + len(tried))]
    heads = ["(nothing)", *(f"{one.added.words}\n{_brief(one)}" for one in found)]
    saved = save_sheet(sheet(rows, heads, labels, f"With and without: {', '.join(subjects)}"), path, output.overwrite)
    data = {
        "subjects": list(subjects), "seeds": [trial.plain.seed for trial in trials[:seeds]], "over": effects.over(len(subjects), seeds),
        "reseeded": reseeded, "effects": effects.as_data(found), "dream": dream.model_dump(mode="json", exclude={"prompts", "seed"}),
    }  # fmt: skip
    kept = save_beside(saved, json.dumps(data, indent=1, allow_nan=False))
    if output.json:
        Events(sys.stdout).tell("effects", path=str(saved), kept=str(kept), **data)
        return 0
    _table(found, effects.over(len(subjects), seeds), reseeded)
    print(saved)
    print(kept)
    return 0


def _brief(one: Effect) -> str:
    """What stands below a column's label: the changes that the first of those asked sees, the judge where there is one."""
    who, mine = next(iter(one.changes.items()))
    shown = {about: mine[about] for about in ("subject", "words")}
    return "\n".join(f"{who}, {about} {change.change.mean:+.2f} {change.change.arrow}".strip() for about, change in shown.items() if change)


def _table(found: Sequence[Effect], over: str, reseeded: float | None) -> None:
    from reverie.craft.effects import written

    asked = [(who, about) for who, mine in found[0].changes.items() for about in ("subject", "words") if about in mine]
    titles = ["words", *(f"{who}: {about}" for who, about in asked), "moved"]
    rows = [[one.added.words, *(written(one.changes[who][about]) for who, about in asked), f"{one.moved:.1f}"] for one in found]
    shown_in_table(titles, rows)
    told = f"changes are means over {over}, ± 95 % (Student's t); an arrow where zero lies outside: of twenty such, one by chance"
    another = "" if reseeded is None else f"; another seed moves it by {reseeded:.1f}"
    print(
        f"{told}\nsubject: how well the picture fits the text without the words; words: how well it fits the words alone\n"
        f"judge: how sure it is, 0..1; guide: cosine, which it was painted by; moved: mean levels of 255{another}",
        file=sys.stderr,
    )
