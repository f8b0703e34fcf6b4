"""What every training shares: exact resume, atomic checkpoints and a line of progress.

Imports only torch, the standard library and what does the same, so that it runs on a bare machine.
"""

from __future__ import annotations

import json
import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from reverie.errors import BadRequest, Failed
from reverie.train import together
from reverie.train.settings import Pace, Sitting


class Trainer(Protocol):
    """One kind of training. What is drawn comes from a number alone, so nothing random is ever saved.

    Where several processes train together each makes ``together.share(batch)`` of every batch, under numbers of its own.
    """

    kind: str
    settings: dict[str, Any]  # plain values that decide what comes out; a checkpoint made with others is refused

    @property
    def pace(self) -> Pace: ...

    def parts(self) -> dict[str, Any]:
        """Whatever has a ``state_dict`` and makes up the state: networks, averages, optimisers."""

    def draw(self, number: int) -> Any:
        """A batch, or this process's share, on the CPU; called from several threads at once. Alone the number is the step's."""

    def step(self, number: int, drawn: Any) -> dict[str, float]:
        """Learn from a batch by ``descend``; gives figures to print."""

    def sample(self, folder: Path, number: int) -> None:
        """Leave something to look at beside a checkpoint, or nothing."""

    def export(self, path: Path) -> None:
        """Write the weights that painting uses."""


class Log:
    """Means of the figures, told every fifty steps on the screen, in ``log.jsonl`` and for TensorBoard."""

    def __init__(self, path: Path, pace: Pace, first: int) -> None:
        self.path, self.pace, self.first, self.began = path, pace, first, time.monotonic()
        self.figures: list[dict[str, float]] = []
        self.board = _board(path.parent, first)

    def add(self, done: int, figures: dict[str, float]) -> None:
        self.figures.append(figures)
        if done % 50 and done != self.pace.steps:
            return
        means = {name: round(sum(one[name] for one in self.figures) / len(self.figures), 4) for name in figures}
        speed = (done - self.first) / (time.monotonic() - self.began)
        left = (self.pace.steps - done) / speed / 60
        line = json.dumps({"step": done, **means, "per_second": round(speed * self.pace.batch, 1), "minutes_left": round(left, 1)})
        with self.path.open("a", encoding="utf-8") as log:
            log.write(line + "\n")
        print(line, flush=True)
        if self.board:
            for name, mean in means.items():
                self.board.add_scalar(name, mean, done)
            self.board.flush()
        self.figures = []

    def close(self) -> None:
        if self.board:
            self.board.close()


def _board(folder: Path, first: int) -> Any:
    """What writes TensorBoard's files, if it is there: a bare machine does without. A sitting replaces what went beyond its start."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=first)


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write beside, sync, then rename: a kill leaves the old checkpoint or the new one, never half of one."""
    beside = path.with_suffix(".partial")
    try:
        with beside.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def never() -> bool:
    return False


def run(trainer: Trainer, folder: Path, sitting: Sitting, should_stop: Callable[[], bool] = never) -> int:
    """Train until done, out of time or stopped; gives the number of steps taken in all.

    Goes on from ``folder/last.pt`` when that exists, and what follows is what would have followed. Raises
    ``BadRequest`` when that file is damaged or of another training (it is left as it is), ``Failed`` when the
    folder cannot be written to.
    """
    last = folder / "last.pt"
    together.share(trainer.pace.batch)
    done = _restore(last, trainer) if last.exists() else 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _go_on(trainer, last, sitting, should_stop, done)
    except OSError as error:
        raise Failed(f"Cannot write to {folder} ({error.strerror or error}); a checkpoint that was there is as it was.") from error


def _go_on(trainer: Trainer, last: Path, sitting: Sitting, should_stop: Callable[[], bool], done: int) -> int:
    log = Log(last.with_name("log.jsonl"), trainer.pace, done) if together.rank() == 0 else None
    together.agree(part for part in trainer.parts().values() if isinstance(part, nn.Module))
    end = time.monotonic() + sitting.minutes * 60
    next_save = time.monotonic() + sitting.save_every
    saved = -1
    for number, drawn in _ahead(trainer.draw, range(done, trainer.pace.steps), sitting.workers):
        figures = trainer.step(number, drawn)
        done = number + 1
        if log:
            log.add(done, figures)
        over = together.any_of(should_stop() or time.monotonic() >= end)
        if over or time.monotonic() >= next_save:
            _save(trainer, last, done)
            saved, next_save = done, time.monotonic() + sitting.save_every
        if over:
            break
    if log:
        log.close()
    if saved != done:
        _save(trainer, last, done)
    together.meet()  # so that whoever goes on from the checkpoint finds it
    return done


def _save(trainer: Trainer, last: Path, done: int) -> None:
    if together.rank() > 0:
        return
    states = {name: part.state_dict() for name, part in trainer.parts().items()}
    save_checkpoint(last, {"step": done, "settings": _settings(trainer), **states})
    trainer.sample(last.parent, done)


def _settings(trainer: Trainer) -> dict[str, Any]:
    """What decides the outcome; how many processes share a batch is part of it, since each draws its own."""
    return trainer.settings | ({"processes": together.count()} if together.count() > 1 else {})


def _restore(path: Path, trainer: Trainer) -> int:
    """Fill the trainer's parts from a checkpoint of the very same training; nothing in the file is executed."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        _compare(path, content["settings"], _settings(trainer))
        for name, part in trainer.parts().items():
            part.load_state_dict(content[name])
        return int(content["step"])
    except (RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError, OSError) as error:
        reason = (str(error).split(". ")[0].splitlines() or [type(error).__name__])[0]
        raise BadRequest(f"{path} is no checkpoint that can be gone on with ({reason}). Move it away, or give another --out.") from error


def _compare(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    other = [f"{name} {before.get(name)!r}, not {now.get(name)!r}" for name in {**before, **now} if before.get(name) != now.get(name)]
    if other:
        raise BadRequest(f"{path} is of another training: {'; '.join(other)}. Give the same settings, or another --out.")


def _ahead(draw: Callable[[int], Any], numbers: Iterable[int], workers: int) -> Iterator[tuple[int, Any]]:
    """Each number with what it draws, in order; with workers, drawn while the steps before it run."""
    if workers == 0:
        yield from ((number, draw(together.turn(number))) for number in numbers)
        return
    pool = ThreadPoolExecutor(workers)
    waiting: deque[tuple[int, Future[Any]]] = deque()
    try:
        for number in numbers:
            waiting.append((number, pool.submit(draw, together.turn(number))))
            if len(waiting) > 2 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        yield from ((first, future.result()) for first, future in waiting)
    finally:
        pool.shutdown(cancel_futures=True)
