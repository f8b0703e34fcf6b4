"""Ctrl-C once ends a run with the picture so far; twice ends the program."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

STOPPED = 130  # the exit code: 128 and the number of SIGINT, as shells have it


@contextmanager
def stoppable(what: str = "the picture so far") -> Iterator[Callable[[], bool]]:
    """Hands out whether a stop was asked for, by Ctrl-C or by SIGTERM, which ends with ``what``. For the main thread."""
    asked = Event()

    def ask(number: int, where: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        os.write(2, f"\nstopping with {what}; once more ends at once\n".encode())  # print may be what was interrupted

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
