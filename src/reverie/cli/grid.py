"""``reverie grid "a {x} castle" --x red,blue --y seed=1..3``: what differs, side by side."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.cells import in_rows, painted_cells
from reverie.cli.flags import SEVERAL, dreams, text, with_dream_flags
from reverie.cli.output import Output
from reverie.cli.paint import PRESET
from reverie.cli.wording import Wording
from reverie.craft import axes
from reverie.craft.attach import split
from reverie.craft.cells import save_sheet, sheet_and_folder
from reverie.errors import BadRequest
from reverie.images import load_picture
from reverie.observers.events import Events

if TYPE_CHECKING:
    from reverie.dream import Dream

VALUES = "seed=1..4, rate=0.05..0.2/4, steps=10,30 (any field), siren.layers=4,6, style=NAMES, ',+fresco,+4k', or words for"


@dataclass(frozen=True)
class Typed:
    """What was typed, and what each cell changes of it."""

    words: tuple[str, ...]
    fields: Mapping[str, Any]
    preset: str | None
    wording: Wording

    def with_value(self, axis: axes.Axis, value: str) -> Typed:
        """With what stands in one column or row."""
        if axis.name == axes.WORDS:
            return replace(self, words=tuple(axes.filled(word, axis.letter, value) for word in self.words))
        if axis.name == axes.MODIFIERS:
            return replace(self, words=(*self.words, *value.split()))
        if axis.name == "preset":
            return replace(self, preset=value)
        if axis.name == "style":
            return replace(self, wording=replace(self.wording, style=value))
        if "." in axis.name:
            return self._with("options", [*(self.fields.get("options") or []), f"{axis.name}={value}"])
        return self._with(axis.name, [value] if axis.name in SEVERAL else None if value == "none" else value)

    def _with(self, name: str, value: Any) -> Typed:
        return replace(self, fields={**self.fields, name: value})

    def dream(self) -> Dream:
        return dreams(self.words, self.fields, 1, self.preset, self.wording)[0]


@with_dream_flags
def grid(
    *words: Annotated[str, Parameter(help="what to paint, with {x} and {y} where words differ")],
    x: Annotated[str | None, Parameter(help=f"what differs from column to column: {VALUES} {{x}}", group="The grid")] = None,
    y: Annotated[str | None, Parameter(help="what differs from row to row: as --x, or words for {y}", group="The grid")] = None,
    cell: Annotated[
        int, Parameter(help="pixels of a picture's longer side on the sheet, at most", group="The grid", validator=Number(gte=32, lte=4096))
    ] = 256,
    preset: Annotated[str | None, PRESET] = None,
    wording: Wording = Wording(),  # noqa: B008 - frozen
    output: Output | None = None,
    **fields: Any,
) -> int:
    """Paint what differs side by side: a sheet with labels, and each picture with its recipe. Run again, it paints what is missing."""
    if wording.all:
        raise BadRequest("A grid draws one text for each place: leave --all out, and write --x 'red,blue' for {x} in the prompt.")
    plain, _ = split(words)
    told, output = text(plain), output or Output()
    found = axes.axes(told, {"x": x, "y": y})
    columns, rows = (found.get(letter, axes.NOTHING) for letter in "xy")
    typed = Typed((told, *(word for word in words if word not in plain)), fields, preset, wording)
    asked = [typed.with_value(rows, row).with_value(columns, column).dream() for row in rows.values for column in columns.values]
    names = [" ".join((row, column)) for row in rows.labels for column in columns.labels]
    path, folder = sheet_and_folder(output.out, " ".join(word for word in (told, x, y) if word), "grid")
    code, cells = painted_cells(asked, names, folder, output)
    if code:
        return code
    from reverie.sheets import sheet

    pictures = in_rows([load_picture(cell.path) for cell in cells], len(columns.values))
    made = sheet(pictures, columns.labels, rows.labels if "y" in found else (), told, cell)
    saved = save_sheet(made, path, output.overwrite)
    if output.json:
        Events(sys.stdout).tell("grid", path=str(saved), pictures=in_rows([str(cell.path) for cell in cells], len(columns.values)))
    else:
        print(saved)
    return 0
