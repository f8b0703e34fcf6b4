"""How much is worked on at once, and half of it when that was too much.

The mathematics stays the same: whoever works in portions computes some things twice instead of keeping them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import CDLL
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import torch

# mallopt's names in glibc's malloc.h, what keeps all that was freed, and what glibc itself comes to once it has seen large pieces.
TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4
KEEPING = ((MMAP_MAX, 0), (TRIM_THRESHOLD, 2**31 - 1))
USUAL = ((MMAP_MAX, 65536), (MMAP_THRESHOLD, 32 << 20), (TRIM_THRESHOLD, 64 << 20))


@dataclass(frozen=True)
class Portions:
    """``views`` that a perceptor looks at together, ``dreams`` that are decoded together. ``frugal``: the generator computes its
    layers again on the way back instead of keeping what they made.
    """

    views: int
    dreams: int
    frugal: bool = False

    def rows(self, dreams: int) -> Iterator[slice]:
        """The dreams that are decoded together, portion after portion."""
        return (slice(first, first + self.dreams) for first in range(0, dreams, self.dreams))

    def halved(self, views: int, dreams: int) -> Portions | None:
        """Half of what was in use when memory did not suffice for so many views and dreams; None if that cannot be halved."""
        views, dreams = min(self.views, views), min(self.dreams, dreams)
        if views <= 1 and dreams <= 1 and self.frugal:
            return None
        return Portions(max(1, views // 2), max(1, dreams // 2), frugal=True)


def is_short(error: BaseException) -> bool:
    """Whether this error says that memory did not suffice: torch's own, or that of a CPU or of MPS, which have no kind of their own."""
    told = isinstance(error, RuntimeError) and any(said in str(error) for said in ("can't allocate memory", "MPS backend out of memory"))
    return told or isinstance(error, torch.OutOfMemoryError)


def let_go(device: torch.device) -> None:
    """Give back what torch keeps for tensors to come, of sizes that did not fit."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def allowed(own: Path = Path("/proc/self/cgroup"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes of memory that this process may take: the machine's, or fewer where a group of Linux that it is in (a container, a job of
    a cluster) is allowed fewer. ``own`` and ``groups`` are where Linux tells (man 7 cgroups), of both versions.
    """
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 << 30
    try:
        lines = [line.split(":", 2) for line in own.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return found
    for _, kinds, path in lines:
        if kinds and "memory" not in kinds.split(","):
            continue
        top, name = (groups / "memory", "memory.limit_in_bytes") if kinds else (groups, "memory.max")
        inner = PurePosixPath(path.lstrip("/"))
        for folder in (inner, *inner.parents):  # a limit holds for all that is within
            with suppress(OSError, ValueError):  # "max" is none, and a container sees its own group at the top
                found = min(found, int((top / folder / name).read_text(encoding="utf-8")))
    return found


@contextmanager
def keeping(portions: Portions) -> Iterator[None]:
    """Where malloc is glibc's, it keeps what is freed for the next step, which needs as much again, and gives it back at the end.

    Otherwise every large tensor is new pages, which the system first fills with zeros: 7 % of a step of VQGAN f16 on two cores. What
    is kept lies in pieces, up to a fifth more than is in use, so where memory is short nothing is.
    """
    libc = CDLL(None) if sys.platform == "linux" and not portions.frugal else None
    mallopt, trim = getattr(libc, "mallopt", None), getattr(libc, "malloc_trim", None)
    if not (mallopt and trim):  # musl has neither
        yield
        return
    for name, value in KEEPING:
        mallopt(name, value)
    try:
        yield
    finally:
        for name, value in USUAL:
            mallopt(name, value)
        trim(0)
