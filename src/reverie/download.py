"""Large files over HTTP: mirrors in turn, cut connections gone on with, and nothing taken for a file that is not one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from itertools import chain
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from reverie.errors import Failed
from reverie.partial import WHOLE, Got, Useless, Wanted, Wrong, finished, forget, held_of, mark_of, resumable, write
from reverie.sniff import HEAD, is_page, wrong_start

CHUNK = 1 << 18
WEB = ("http://", "https://")
AGENT = "reverie"  # some hosts turn Python's own name away
AGAIN = (408, 425, 429)  # HTTP's ways to say later, beside all from 500

Tell = Callable[[int, int | None], None]  # bytes that are here, and of how many where that is known


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for an answer and between two bytes (``timeout``), for ``least`` bytes to come (``stall``), and before
    trying again (``pause``, doubled each time). ``tries`` are those in a row that brought less than ``least``.
    """

    timeout: float = 30.0
    stall: float = 60.0
    least: int = 1 << 16
    pause: float = 1.0
    tries: int = 5


class _Cut(Exception):
    """The connection ended: worth another try from where it was."""


class _Unreachable(_Cut):
    """It did not even begin."""


def quiet(done: int, total: int | None) -> None:
    return None


def fetch(wanted: Wanted, tell: Tell = quiet, patience: Patience = Patience()) -> Got:  # noqa: B008 - frozen
    """Bring a file from the first mirror that has it. Raises ``Failed`` that says what was wrong with each, and at once
    where the disk refuses; what has arrived stays for the next time, unless it proved wrong.
    """
    reasons = []
    for url in wanted.urls:
        try:
            return _from(url, wanted, tell, patience)
        except (_Cut, Useless, Wrong) as error:
            reasons.append(f"\n  {url} {error}")
    raise Failed(f"{wanted.target.name} could not be fetched:{''.join(reasons)}")


def _from(url: str, wanted: Wanted, tell: Tell, patience: Patience) -> Got:
    """One mirror, again from where it was cut while something comes; and once from the start, where what lay there already and what
    came do not make the file.
    """
    lay_there, came, failures = held_of(wanted) > 0, False, 0
    while True:
        before = held_of(wanted)
        try:
            _receive(url, wanted, tell, patience)
            return finished(url, wanted)
        except Wrong:
            forget(wanted)
            if not lay_there:
                raise
            lay_there = False
        except _Cut as error:
            progress = held_of(wanted) - before
            came = came or progress > 0
            failures = 0 if progress >= patience.least else failures + 1
            if failures >= patience.tries or (isinstance(error, _Unreachable) and not came):
                raise
            sleep(patience.pause * 2**failures)


def _receive(url: str, wanted: Wanted, tell: Tell, patience: Patience) -> None:
    """Ask for what is missing and write it down; raises ``_Cut`` when not all has come."""
    held, mark = resumable(url, wanted)
    if wanted.bytes and held == wanted.bytes:
        return
    headers = {"User-Agent": AGENT} | ({"Range": f"bytes={held}-"} if held else {}) | ({"If-Range": mark} if held and mark else {})
    try:
        with _answer(url, headers, patience.timeout) as response:
            held = held if response.status == 206 else 0
            if held and mark and mark_of(response.headers) not in (mark, None):
                forget(wanted)
                raise _Cut("has changed meanwhile")
            total = _total(response, held)
            chunks = _chunks(response, patience)
            head = None if held else _head(chunks)
            _check(response, url, wanted, total, head)
            write(url, wanted, held, chain([head or b""], chunks), response.headers, lambda done: tell(done, total))
            if total is not None and held_of(wanted) < total:
                raise _Cut(f"was cut after {held_of(wanted):,} of {total:,} bytes")
    except HTTPError as error:
        with error:
            _explain(error, wanted, held)


@contextmanager
def _answer(url: str, headers: dict[str, str], timeout: float) -> Iterator[Any]:
    """An open response; whatever fails on the way there is told as ``_Unreachable``, but HTTP's own errors."""
    if not url.startswith(WEB):
        raise Useless("is no address: they begin with http:// or https://")
    try:
        response = urlopen(Request(url, headers=headers), timeout=timeout)
    except HTTPError:
        raise
    except (OSError, HTTPException, ValueError) as error:
        raise _Unreachable(f"cannot be reached: {getattr(error, 'reason', None) or error or type(error).__name__}") from None
    with response:
        yield response


def _explain(error: HTTPError, wanted: Wanted, held: int) -> None:
    """What an answer that is an error means; returns where nothing is missing after all."""
    if error.code == 416 and held:
        if _number(r"bytes \*/(\d+)", error.headers.get("Content-Range")) == held:
            return
        forget(wanted)
        raise _Cut("has another length than it had")
    if error.code in AGAIN or error.code >= 500:
        raise _Cut(f"answers {error.code} {error.reason}")
    raise Useless(f"answers {error.code} {error.reason}")


def _total(response: Any, held: int) -> int | None:
    """How many bytes the whole file has, where the answer tells; raises ``Useless`` for another part than was asked for."""
    if not held:
        return _number(r"(\d+)$", response.headers.get("Content-Length"))
    if _number(r"bytes (\d+)-", response.headers.get("Content-Range")) != held:
        raise Useless("sends another part than was asked for")
    return _number(r"bytes \d+-\d+/(\d+)", response.headers.get("Content-Range"))


def _number(pattern: str, header: str | None) -> int | None:
    found = re.match(pattern, header or "")
    return int(found[1]) if found else None


def _check(response: Any, url: str, wanted: Wanted, total: int | None, head: bytes | None) -> None:
    """Before anything is written: raise ``Useless`` for what cannot be the file, ``Failed`` where there is no room for it."""
    if head is not None and is_page(head, response.headers.get("Content-Type") or ""):
        raise Useless("sends a web page instead of the file: open it in a browser to see why")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Useless(f"sends the file packed by {response.headers['Content-Encoding']}, which was not asked for")
    if not response.url.startswith(WEB):
        raise Useless(f"leads to {response.url}")
    if url.startswith("https:") and response.url.startswith("http:") and len(wanted.sha256) < WHOLE:
        raise Useless("leads from https to http, and there is no SHA-256 to hold the file against")
    if head is not None and (wrong := wrong_start(wanted.target.name, head)):
        raise Useless(f"sends something that {wrong}")
    if total is not None and (total > wanted.limit or (wanted.bytes and total != wanted.bytes)):
        raise Useless(f"offers {total:,} bytes, where {'' if wanted.bytes else 'at most '}{wanted.limit:,} are expected")
    free = shutil.disk_usage(wanted.partial.parent).free
    if total is not None and total - held_of(wanted) > free:
        raise Failed(f"{wanted.target.name} has {total:,} bytes, and there are {free:,} free in {str(wanted.target.parent)!r}: make room.")


def _chunks(response: Any, patience: Patience) -> Iterator[bytes]:
    """What comes, as it comes; raises ``_Cut`` where nothing comes any more, or next to nothing."""
    since, came = monotonic(), 0
    while True:
        try:
            chunk = response.read1(CHUNK)
        except (OSError, HTTPException) as error:
            raise _Cut(f"was cut: {error or type(error).__name__}") from None
        if not chunk:
            return
        came += len(chunk)
        if monotonic() - since > patience.stall:
            if came < patience.least:
                raise _Cut(f"is too slow: {came:,} bytes in {patience.stall:g} seconds")
            since, came = monotonic(), 0
        yield chunk


def _head(chunks: Iterator[bytes]) -> bytes:
    head = b""
    while len(head) < HEAD and (chunk := next(chunks, b"")):
        head += chunk
    return head
