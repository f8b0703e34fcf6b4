"""The commands put together, and what becomes of errors: one or two lines, and an exit code.

0 is done, 1 a run that failed, 2 a request that cannot be done as asked, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from reverie import __version__
from reverie.cli import compat, craft_sight
from reverie.cli.components import components
from reverie.cli.encode import encode
from reverie.cli.extend import extend
from reverie.cli.flags import PIPE
from reverie.cli.grid import grid
from reverie.cli.log import log
from reverie.cli.morph import morph
from reverie.cli.paint import paint
from reverie.cli.plot import plot
from reverie.cli.replay import replay
from reverie.cli.resume import resume
from reverie.cli.score import score
from reverie.cli.show import show
from reverie.errors import BadRequest, ReverieError
from reverie.interrupt import STOPPED

COMMANDS: dict[str, Any] = {
    "paint": paint, "grid": grid, "show": show, "replay": replay, "extend": extend, "morph": morph, "resume": resume, "encode": encode,
    "log": log, "score": score, "plot": plot, "components": components, **craft_sight.COMMANDS, **compat.RAW,
    "from-flags": compat.from_flags,
}  # fmt: skip
# Modules with commands of their own, which are imported when one of them is called.
GROUPS: Mapping[str, str] = {
    "bench": "Measure Reverie on this machine.",
    "craft": "Words that others paint with, and styles: what they are, what there is, and what they do.",
    "models": "Fetch other people's models, or take them from files, and see which are here.",
    "train": "Make the training pictures and train the built-in models from them, or your own from your pictures.",
}
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".mp4", ".webm", ".gif", ".avif")
TOPICS = ("speed", "clip", "vqgan", "data")
ABOUT = "Reverie paints what you write: reverie 'a red apple'. A first word that is no command is the prompt."


def run(argv: Sequence[str] | None = None) -> int:
    """Do what the words say and return the exit code; nothing is raised."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        catch_typo(words)
        if words and words[0] in compat.RAW:  # their words are another parser's, --help too
            return compat.painted(words[0], [word for word in words[1:] if word != "--debug"])
        result = app().meta(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except (ReverieError, CycloptsError) as error:
        return complain(str(error), getattr(error, "exit_code", BadRequest.exit_code), words)
    except KeyboardInterrupt:
        return complain("stopped", STOPPED, words)
    except BrokenPipeError:  # whoever read the output has left: `reverie show x.png | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit, too
        return 0
    except Exception as error:
        return complain(f"{type(error).__name__}: {error} (a defect of Reverie; --debug shows where)", 1, words)


def complain(message: str, code: int, words: Sequence[str]) -> int:
    """Say what went wrong to the reader, with ``--json`` to a program too, and with ``--debug`` where."""
    flags = words[: words.index("--")] if "--" in words else words
    if "--debug" in flags:
        from traceback import print_exc

        print_exc()
    if "--json" in flags:
        from reverie.observers.events import Events

        Events(sys.stdout).tell("error", message=message, exit_code=code)
    print("error:", message.rstrip(), file=sys.stderr)
    return code


def app() -> App:
    """All commands; what they need in turn is imported when they are called."""
    made = App(
        name="reverie",
        version=__version__,
        help=ABOUT,
        usage="Usage: reverie [COMMAND] [OPTIONS] [TEXT...]",  # rather than worked out of every parameter, which takes time
        help_format="plaintext",  # Markdown takes longer to import than all the rest
        suppress_keyboard_interrupt=False,
    )
    for name, command in COMMANDS.items():
        made.command(command, name=name)
    for name, about in GROUPS.items():
        made.command(f"reverie.cli.{name}:app", name=name, help=about)
    made.default(paint)

    @made.meta.default
    def meta(
        *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        debug: Annotated[bool, Parameter(negative=(), show_default=False, help="show where an error comes from")] = False,
    ) -> int | None:
        found: int | None = made(after_flags(words) or ["--help"], exit_on_error=False, print_error=False, result_action="return_value")
        return found

    return made


def after_flags(words: Sequence[str]) -> list[str]:
    """The words with a lone ``-``, standard input, behind ``--``: among flags cyclopts would take it for one of them."""
    place = words.index("--") if "--" in words else len(words)
    flags, rest = list(words[:place]), list(words[place:])
    if PIPE not in flags:
        return flags + rest
    return [*(word for word in flags if word != PIPE), *(rest or ["--"]), PIPE]


def catch_typo(words: Sequence[str]) -> None:
    """``reverie sohw a.png`` is a mistyped command and no prompt; ``reverie shoe`` is a prompt."""
    if len(words) < 2 or words[0] in {*COMMANDS, *GROUPS} or not (Path(words[1]).suffix.lower() in PICTURES or words[1] in TOPICS):
        return
    first = words[0]
    for close in get_close_matches(first, [*COMMANDS, *GROUPS], n=1):
        raise BadRequest(f"There is no command {first!r}. Did you mean 'reverie {close}'? To paint it: reverie paint '{first} ...'.")
