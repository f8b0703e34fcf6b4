"""Files with something wrong in them: a few bytes changed, or one value of what they say of themselves."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reverie.errors import ReverieError

MUTATIONS = int(os.environ.get("REVERIE_MUTATIONS", "500"))  # of each reader's file; `make nightly` asks for 20,000
Fuzz = Callable[[Callable[[], Any], Path, Callable[[], bytes], int], int]  # of ``refusals``
# What no reader expects where a number, a name or a list is.
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3, 7, 64, 2**20, 2**31, 2**40, 2**63, 10**30, 0.5, -0.0, 1e308, "", "x", "16", "../../x", "/etc/passwd",
    "\u0000", [], [[]], [1, 2], [None], {}, {"x": 1}, {"target": "os.system"},
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file with a few bytes changed, taken out, put in or copied from elsewhere, most of them where its index is."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = min(len(out) - 1, int(len(out) * chance.random() ** chance.choice((1, 4))))
        if chance.random() < 0.3:  # zip archives have their index at the end
            at = len(out) - 1 - at
        kind, size = chance.randrange(5), chance.choice((1, 1, 2, 8, 64))
        if kind == 0:
            out[at] = chance.randrange(256)
        elif kind == 1:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del out[at : at + size]
        elif kind == 3:
            out[at:at] = chance.randbytes(size)
        else:
            other = chance.randrange(len(out))
            out[at : at + size] = out[other : other + size]
        if not out:
            out = bytearray(b"\0")
    return bytes(out)


def twisted(value: Any, chance: random.Random) -> Any:
    """The same but for one thing in it: another value, one less, or one more."""
    if isinstance(value, (dict, list)) and value and chance.random() < 0.9:
        copy: Any = value.copy()
        key, kind = chance.choice(list(value) if isinstance(value, dict) else range(len(value))), chance.random()
        if kind < 0.1:
            del copy[key]
        elif kind < 0.15 and isinstance(value, dict):
            copy[str(chance.choice(ODD))] = chance.choice(ODD)
        elif kind < 0.2 and isinstance(value, list):
            copy += copy * chance.choice((1, 5))
        else:
            copy[key] = twisted(copy[key], chance)
        return copy
    return chance.choice(ODD)


def twisted_header(data: bytes, chance: random.Random) -> bytes:
    """A safetensors file whose header is sound JSON and says something else; what stands in it as text is JSON, too."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    inner = header.get("__metadata__", {}).get("reverie")
    if inner is not None and chance.random() < 0.7:
        header["__metadata__"]["reverie"] = json.dumps(twisted(json.loads(inner), chance))
    else:
        header = twisted(header, chance)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def refusals(load: Callable[[], Any], path: Path, made: Callable[[], bytes], count: int) -> int:
    """How many of ``count`` files made at ``path`` were refused, each in one line; any other exception is a defect."""
    refused = 0
    for _ in range(count):
        path.write_bytes(made())
        try:
            load()
        except ReverieError as error:
            refused += 1
            assert "\n" not in str(error), str(error)
    return refused
