"""Files that are on their way: what has come lies beside the target, as ``NAME.partial``, until it is whole and right."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from hashlib import file_digest
from pathlib import Path

from reverie.errors import Failed
from reverie.files import reason, write_file
from reverie.sniff import wrong_end

LARGEST = 20 << 30  # bytes of a file whose size nobody knows
ROUGHLY = 1.5  # how much larger than it was said to be a file may be
WHOLE = 64  # digits of a whole SHA-256; with fewer, pieces from several mirrors are not put together


@dataclass(frozen=True)
class Wanted:
    """A file: its mirrors, where it goes, and what is known of it. ``sha256`` may be its first digits only."""

    urls: Sequence[str]
    target: Path
    sha256: str = ""
    bytes: int | None = None
    about: int | None = None

    @property
    def partial(self) -> Path:
        return self.target.with_name(self.target.name + ".partial")

    @property
    def limit(self) -> int:
        return self.bytes or (int(self.about * ROUGHLY) if self.about else LARGEST)


@dataclass(frozen=True)
class Got:
    """What arrived: from where, how large and its whole SHA-256."""

    url: str
    bytes: int
    sha256: str


class Useless(Exception):
    """This mirror does not have the file; what has arrived from others is none the worse."""


class Wrong(Exception):
    """All has arrived, and it is not the file."""


def write(url: str, wanted: Wanted, held: int, chunks: Iterable[bytes], headers: Message, tell: Callable[[int], None]) -> None:
    """Put what comes after the ``held`` bytes; whatever lay behind them is cut off. What came before a failure is kept."""
    with disk(wanted), wanted.partial.open("r+b" if held else "wb") as file:
        file.seek(held)
        file.truncate()
        _note(url, wanted, headers)
        tell(held)
        for chunk in chunks:
            if held + len(chunk) > wanted.limit:
                raise Useless(f"sends more than the {wanted.limit:,} bytes that are expected")
            file.write(chunk)
            file.flush()  # what has come outlives us
            held += len(chunk)
            tell(held)


@contextmanager
def disk(wanted: Wanted) -> Iterator[None]:
    """The disk's refusals, in a reader's words."""
    try:
        yield
    except OSError as error:
        raise Failed(f"{str(wanted.target)!r} could not be written: {reason(error)}.") from error


def held_of(wanted: Wanted) -> int:
    with suppress(OSError):
        return wanted.partial.stat().st_size
    return 0


def _marked(wanted: Wanted) -> Path:
    return wanted.partial.with_name(wanted.partial.name + ".json")


def mark_of(headers: Message) -> str | None:
    """By what a server will know whether a file is still the same; weak tags promise nothing about bytes."""
    tag = headers.get("ETag") or ""
    return tag if tag.startswith('"') else headers.get("Last-Modified")


def _note(url: str, wanted: Wanted, headers: Message) -> None:
    write_file(_marked(wanted), json.dumps({"url": url, "mark": mark_of(headers)}).encode(), overwrite=True)


def resumable(url: str, wanted: Wanted) -> tuple[int, str | None]:
    """How many bytes can be gone on from, and the mark to go on by: the same file of the same server, or any where the SHA-256
    will tell."""
    held = held_of(wanted)
    try:
        told = json.loads(_marked(wanted).read_bytes())
        mark = told["mark"] if told["url"] == url else None
    except (OSError, ValueError, KeyError, TypeError):
        mark = None
    if held > wanted.limit or not (mark or len(wanted.sha256) == WHOLE):
        return 0, None
    return held, mark if isinstance(mark, str) else None


def finished(url: str, wanted: Wanted) -> Got:
    """All has come: give it its name if it is the file; raises ``Wrong`` where it is not."""
    with disk(wanted), wanted.partial.open("r+b") as file:
        digest, size = file_digest(file, "sha256").hexdigest(), held_of(wanted)
        os.fsync(file.fileno())
        if not digest.startswith(wanted.sha256):
            raise Wrong(f"sent a file whose SHA-256 is {digest}, and not {wanted.sha256}")
        if wrong := wrong_end(wanted.partial):
            raise Wrong(f"sent a file that {wrong}")
        os.replace(wanted.partial, wanted.target)
    _marked(wanted).unlink(missing_ok=True)
    return Got(url, size, digest)


def forget(wanted: Wanted) -> None:
    """Throw away what has arrived of a file."""
    for path in (wanted.partial, _marked(wanted)):
        path.unlink(missing_ok=True)
