"""The three programs that Reverie stands in for, by the names of their commands, and the page that says where their flags went."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from reverie.compat import big_sleep, deep_daze, vqgan_clip
from reverie.compat.flags import Original
from reverie.compat.translation import Translation
from reverie.errors import BadRequest

Translate = Callable[[Sequence[str]], Translation]

ORIGINALS: Mapping[str, tuple[Original, Translate]] = MappingProxyType(
    {
        "generate": (vqgan_clip.ORIGINAL, vqgan_clip.translate),
        "dream": (big_sleep.ORIGINAL, big_sleep.translate),
        "imagine": (deep_daze.ORIGINAL, deep_daze.translate),
    }
)
BEFORE = ("python", "python3", "reverie", "$", "!")  # what may come before a command on its line

PAGE = """# Coming from VQGAN-CLIP, big-sleep or deep-daze

The three commands of the originals paint, with their flags, and say on stderr what is different here:

    reverie generate -p "A painting of an apple in a fruit bowl"      # python generate.py of nerdyrodent's VQGAN-CLIP
    reverie dream "a pyramid made of ice" --save-progress             # big-sleep
    reverie imagine "a house in the forest" --num-layers 32           # deep-daze

    reverie from-flags "python generate.py -p 'an apple' -cuts 64"    # the dream and the same in Reverie's own words

and so do their classes, with the import changed:

    from reverie.compat.big_sleep import Imagine      # from big_sleep import Imagine
    from reverie.compat.deep_daze import Imagine      # from deep_daze import Imagine

Each begins from the preset of its name (`reverie paint --preset vqgan-clip`), which is the original's algorithm with its mistakes
mended. Networks are the original's where `reverie models pull` has installed them (`ViT-B/32`, `imagenet_f16_16384`,
`biggan-deep-512`), and else the small built-in ones. Pictures are PNG (deep-daze's JPEG), named after the prompt, in the working
folder; none is replaced unless you say so. What Ctrl-C stops, `reverie resume` goes on with.

A first word that is one of these commands is never the beginning of a prompt: `reverie dream of a castle` is refused, and
`reverie paint dream of a castle` or `reverie "dream of a castle"` paint it.
"""


def find(line: str) -> Translation:
    """What a whole command line of an original's comes to; raises ``BadRequest`` where it is none."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadRequest(f"This is no command line ({error}): {line}") from error
    while words and words[0] in BEFORE:
        words.pop(0)
    command = Path(words[0]).name.removesuffix(".py") if words else ""
    if command not in ORIGINALS:
        raise BadRequest(f"{line!r} is none of the originals' command lines: they begin with {', '.join(ORIGINALS)} or generate.py.")
    return ORIGINALS[command][1](words[1:])


def page() -> str:
    """``docs/migration.md``."""
    return PAGE + "".join("\n" + table for table in _tables())


def _tables() -> Iterator[str]:
    for original, _ in ORIGINALS.values():
        rows = [f"| {' '.join(f'`{name}`' for name in flag.spelt)} | {flag.default} | {_cell(flag.whereto)} |" for flag in original.flags]
        head = f"## {original.name}: `reverie {original.command}`\n\n| flag | default | what became of it |\n|---|---|---|\n"
        yield head + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def usage(original: Original) -> str:
    """``--help``: every flag, its default, and what became of it."""
    first = " TEXT" if original.positional else ""
    lines = [f"reverie {original.command}{first} [flags]: as {original.name} did. Its flags, their defaults, and what became of them:", ""]
    for flag in original.flags:
        lines += [f"  {', '.join(flag.spelt)}  [{flag.default}]", f"      {flag.whereto.replace('`', '')}"]
    return "\n".join(lines)
