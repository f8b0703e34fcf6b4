"""Runs on disk while they are painted: what was asked, and how far it is. Gone once the pictures are saved.

A run is a folder: ``run.json`` is what was asked, ``state.safetensors`` the batch at work after some step, and ``lock`` is
held by who paints it, so that a run that nobody holds was interrupted.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from reverie.errors import BadRequest, Failed, unknown
from reverie.files import write_file
from reverie.naming import name_of
from reverie.paths import data_dir
from reverie.request import REQUEST, VERSION, Request, read_request

if TYPE_CHECKING:
    from torch import Tensor

    from reverie.build import Kept
    from reverie.course import Course
    from reverie.plan import Plan

SHARE, LEAST = 50, 1.0  # a checkpoint costs at most a fiftieth of the time, and comes a second after the last one or later
_STATE, _LOCK = "state.safetensors", "lock"


def home() -> Path:
    return data_dir() / "runs"


class Run:
    """One run of which nobody else has hold; ``trouble`` says why it is not kept any more, if so."""

    def __init__(self, folder: Path, request: Request, lock: FileLock) -> None:
        self.folder, self.request, self.trouble, self._lock = folder, request, "", lock
        self._next = 0.0

    @classmethod
    def begin(cls, request: Request) -> Run:
        """A new folder for what is about to be painted; raises ``Failed`` where none can be made."""
        name = f"{name_of(request.dreams[0])[:40]}-{request.began:%Y%m%d-%H%M%S}"
        try:
            home().mkdir(parents=True, exist_ok=True)
            folder = next(path for path in (home() / f"{name}{end}" for end in ("", *(f"-{n}" for n in range(2, 10_000)))) if _made(path))
            lock = FileLock(folder / _LOCK)
            lock.acquire(timeout=0)
        except (OSError, Timeout) as error:
            raise Failed(f"What is painted cannot be kept in {home()}: {error}.") from error
        run = cls(folder, request, lock)
        run._write_request()
        return run

    @classmethod
    def take(cls, name: str = "") -> Run:
        """An interrupted run by name, the newest by default; raises ``BadRequest`` when there is none or somebody paints it."""
        folder = find(name)
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BadRequest(f"The run {folder.name!r} is being painted by another process.") from None
        try:
            return cls(folder, read_request(folder), lock)
        except BadRequest:
            lock.release()
            raise

    def kept(self, places: Sequence[int]) -> Kept:
        """How to paint the batch of these places: from where it was, if it was begun. Raises ``BadRequest`` for a damaged state."""
        from torch import device

        from reverie.build import Kept
        from reverie.plan import Plan

        def keep(plan: Plan, course: Course, leaving: bool) -> None:
            if leaving or monotonic() >= self._next:
                self._keep(places, plan, course)

        told, state = self._state()
        if told.get("places") != list(places):
            return Kept(keep=keep)
        if told["dreams"] != self._digest(places):
            raise BadRequest(f"{self.folder / _STATE} is of another dream than {REQUEST} beside it: move it away to begin anew.")
        plan = dict(told["plan"])
        return Kept(state, Plan(**{**plan, "device": device(plan["device"])}), keep)

    def settled(self, request: Request) -> None:
        """What was asked, once more is known of it."""
        self.request = request
        with suppress(Failed):  # it would only be found out, or painted, again
            self._write_request()

    def finished(self, place: int) -> None:
        """This picture is on disk as it was asked for."""
        self.settled(self.request.model_copy(update={"done": (*self.request.done, place)}))

    def close(self) -> bool:
        """Let go of the run, and forget it once all is done; gives whether there is something to go on with."""
        done = len(self.request.done) == len(self.request.dreams)
        self._lock.release()
        if done:
            forget(self.folder)
        return not done

    def abandon(self) -> None:
        """There was nothing to paint after all."""
        self._lock.release()
        forget(self.folder)

    def _keep(self, places: Sequence[int], plan: Plan, course: Course) -> None:
        from safetensors.torch import save

        began = monotonic()
        tensors = {name: value.detach().cpu().contiguous() for name, value in course.state().items()}
        settled = {"device": str(plan.device), "bf16": plan.bf16, "chunk": plan.chunk, "threads": plan.threads, "exact": plan.exact}
        told = {"version": VERSION, "places": list(places), "dreams": self._digest(places), "plan": settled, "taken": course.taken}
        try:
            write_file(self.folder / _STATE, save(tensors, {"reverie": json.dumps(told)}), overwrite=True)
        except Failed as error:  # a full disk must not end what is being painted
            self.trouble = str(error)
        self._next = monotonic() + max(LEAST, SHARE * (monotonic() - began))

    def _digest(self, places: Sequence[int]) -> str:
        texts = [self.request.dreams[place].model_dump_json() for place in places]
        return hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()

    def _state(self) -> tuple[dict[str, Any], Mapping[str, Tensor]]:
        from safetensors import SafetensorError, safe_open

        path = self.folder / _STATE
        if not path.exists():
            return {}, {}
        try:
            with safe_open(path, framework="pt") as file:
                told = json.loads(file.metadata()["reverie"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            if told["version"] > VERSION:
                raise BadRequest(f"{path} was written by a newer Reverie: update Reverie.")
            return told, tensors
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise BadRequest(
                f"{path} is damaged ({error}) and left as it is. Without it the run begins anew: move it away, then reverie resume again."
            ) from error

    def _write_request(self) -> None:
        write_file(self.folder / REQUEST, self.request.model_dump_json(indent=1).encode(), overwrite=True)


def interrupted() -> list[Path]:
    """The folders of runs that nobody paints, the newest first."""
    found = [path.parent for path in home().glob(f"*/{REQUEST}") if not _held(path.parent)]
    return sorted(found, key=lambda path: (path / REQUEST).stat().st_mtime, reverse=True)


def find(name: str = "") -> Path:
    """The folder of an interrupted run, the newest by default; raises ``BadRequest`` when there is none."""
    folders = {path.name: path for path in interrupted()}
    if not folders:
        raise BadRequest(f"There is no interrupted run in {home()}: everything was painted to its end.")
    if name and name not in folders:
        raise unknown("interrupted run", name, folders)
    return folders[name or next(iter(folders))]


def forget(folder: Path) -> None:
    """Remove a run; pictures stay."""
    shutil.rmtree(folder, ignore_errors=True)


def taken(folder: Path) -> int:
    """At which step a run was kept; no torch needed."""
    with suppress(OSError, ValueError, KeyError, TypeError), (folder / _STATE).open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return int(json.loads(header["__metadata__"]["reverie"])["taken"])
    return 0


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _held(folder: Path) -> bool:
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def _made(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
