"""What becomes of the words before there is a dream: what is drawn, and the style to say it in. Modifiers are among the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from reverie.cli.output import SWITCH
from reverie.craft import templates
from reverie.errors import BadRequest

if TYPE_CHECKING:
    from reverie.craft.styles import Style


@Parameter(name="*", group="The words")
@dataclass(frozen=True)
class Wording:
    """How the words that were typed become prompts."""

    style: Annotated[str | None, Parameter(help="say it in a style: one that `reverie craft styles` lists, or a YAML file")] = None
    all: Annotated[bool, SWITCH, Parameter(help=f"paint all that {{a|b}} and __wildcards__ can become, at most {templates.MOST} texts")] = (
        False
    )
    wildcards: Annotated[Path | None, Parameter(help="a folder of lists for __wildcards__, beside those in Reverie's home")] = None

    def chosen(self) -> Style | None:
        """The style, if one was asked for."""
        if self.style is None:
            return None
        from reverie.craft.styles import style

        return style(self.style)

    def texts(self, template: str, seeds: Sequence[int]) -> list[tuple[str, int]]:
        """A text for each seed, drawn by it; or each text that there can be, with every seed."""
        if self.wildcards is not None and not self.wildcards.is_dir():
            raise BadRequest(
                f"There is no folder {str(self.wildcards)!r}: --wildcards names one with lists such as colours.txt, a line each."
            )
        folders = [self.wildcards] if self.wildcards else []
        if self.all:
            return [(text, seed) for text in templates.every(template, folders) for seed in seeds]
        return [(templates.draw(template, seed, folders), seed) for seed in seeds]
