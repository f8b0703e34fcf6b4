"""Texts that are given as a list: between bars, as a file with a line each, as a vector's file, or as templates by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reverie.errors import BadRequest, unknown

FILE = Path(__file__).with_name("readings.json")
FIELDS = ("templates", "more", "less")  # of a dream
LARGEST = 1_000_000  # bytes of a list


def spelled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A dream's fields with what their lists hold instead of names and files, so that recipes need neither."""
    return {name: listed(name, value) if name in FIELDS and isinstance(value, str) else value for name, value in fields.items()}


def listed(field: str, value: str) -> str:
    """Texts between bars, of a dream's ``field`` that was given as one text."""
    path = Path(value.strip())
    if path.suffix.lower() == ".txt":
        return " | ".join(lines(path))
    if field != "templates" and path.suffix.lower() in (".npy", ".safetensors"):
        from reverie.vectors import load_vector, packed

        return packed(load_vector(path))
    if field == "templates" and "{" not in value:
        if value not in named():
            told = str(unknown("list of templates", value, named()))
            raise BadRequest(f"{told} Others are a file (--templates mine.txt), or 'a photo of {{}} | a painting of {{}}'.")
        return " | ".join(named()[value]["templates"])
    return value


def lines(path: Path, of: str = "texts") -> list[str]:
    """The lines of a file that hold something; raises ``BadRequest``, which says ``of`` what it is a list."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST:,} bytes")
        found = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BadRequest(f"The list of {of} {str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if not telling(found):
        raise BadRequest(
            f"The list {str(path)!r} is empty: there are no {of} in it. Write them a line each; those that begin with # are left out."
        )
    return telling(found)


def telling(lines: Iterable[str]) -> list[str]:
    """The lines that hold something and do not begin with #."""
    return [line for line in map(str.strip, lines) if line and not line.startswith("#")]


@cache
def named() -> dict[str, Any]:
    """Lists of templates by name, each with ``about``, ``source`` and ``templates``."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
