"""A disk that fails: the n-th time that something is to be opened for writing, written, synced, named or made, or from then on."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CODES = (errno.ENOSPC, errno.EACCES, errno.EIO)


class Disk:
    """Below ``root``, the operation numbered ``fails`` ends in ``code``, and all later ones too if ``lasting``."""

    def __init__(self, root: Path, fails: int, code: int, lasting: bool) -> None:
        self.root, self.fails, self.code, self.lasting = str(root), fails, code, lasting
        self.done: list[str] = []  # what was asked for so far

    @property
    def failed(self) -> bool:
        return len(self.done) > self.fails

    def ask(self, what: str, path: object = None) -> None:
        if path is not None and not os.fsdecode(os.fspath(path)).startswith(self.root):  # type: ignore[call-overload]
            return
        self.done.append(what)
        number = len(self.done) - 1
        if number == self.fails or (self.lasting and number > self.fails):
            raise OSError(self.code, os.strerror(self.code), None)


class HalfWritten:
    """A file whose failing write leaves half of what it was given."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self.file, self.disk = file, disk

    def write(self, data: Any) -> Any:
        try:
            self.disk.ask("write")
        except OSError:
            self.file.write(data[: len(data) // 2])
            self.file.flush()
            raise
        return self.file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> HalfWritten:
        return self

    def __exit__(self, *problem: object) -> None:
        self.file.close()


@contextmanager
def failing(root: Path, fails: int, code: int = errno.ENOSPC, lasting: bool = False) -> Iterator[Disk]:
    disk, opened = Disk(root, fails, code, lasting), io.open

    def open_(path: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if not isinstance(path, (str, bytes, os.PathLike)) or not set(mode) & set("wxa+"):
            return opened(path, mode, *rest, **more)
        disk.ask("open", path)
        return HalfWritten(opened(path, mode, *rest, **more), disk) if os.fsdecode(path).startswith(disk.root) else opened(path, mode)

    def asking(what: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def asked(path: Any, *rest: Any, **more: Any) -> Any:
            disk.ask(what, None if what == "fsync" else path)
            return call(path, *rest, **more)

        return asked

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "open", open_)
        patch.setattr(io, "open", open_)
        for what in ("fsync", "link", "replace", "rename", "mkdir"):
            patch.setattr(os, what, asking(what, getattr(os, what)))
        yield disk
