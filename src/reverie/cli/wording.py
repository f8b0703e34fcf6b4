"""What becomes of the words before there is a dream: a style to say them in. Modifiers are among the words themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from reverie.craft.styles import Style


@Parameter(name="*", group="The words")
@dataclass(frozen=True)
class Wording:
    """How the words that were typed become prompts."""

    style: Annotated[str | None, Parameter(help="say it in a style: one that `reverie craft styles` lists, or a YAML file")] = None

    def chosen(self) -> Style | None:
        """The style, if one was asked for."""
        if self.style is None:
            return None
        from reverie.craft.styles import style

        return style(self.style)
