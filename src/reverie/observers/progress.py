"""Progress for a person: how far, how fast, how long still, and how near to what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from reverie.images import opaque

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import RenderableType

    from reverie.types import Frame, Observer


def progress(stream: TextIO) -> Observer:
    """A moving line per batch on a terminal; elsewhere (a log, a pipe) a plain line now and then."""
    return Bar(stream) if stream.isatty() else Lines(stream)


class Pace:
    """Rate and mean loss of the batch at work. Batches follow each other, and another shape is another batch."""

    def __init__(self) -> None:
        self.key = ""

    def see(self, frame: Frame) -> bool:
        """Take note of a frame; true when it begins a batch."""
        key = frame.dream.shape_key()
        begins = key != self.key
        if begins:
            self.key, self.first, self.steps = key, frame.step, frame.dream.steps
            self.losses: dict[int, float] = {}
            self.scores: dict[int, float] = {}
        if frame.step == self.first:
            self.since = monotonic()  # the clock runs from the first step on: loading the networks does not count
        self.step = frame.step
        if frame.losses:  # there are none without a step
            self.losses[frame.index] = frame.loss
        if frame.score is not None:
            self.scores[frame.index] = frame.score
        return begins

    def __str__(self) -> str:
        """``loss 0.812  judge 0.64  3.20 steps/s  42 s left``, each part once it is known."""
        losses = [loss for loss in self.losses.values() if isfinite(loss)]
        parts = [f"loss {sum(losses) / len(losses):.3f}"] if losses else []
        parts += [f"judge {sum(self.scores.values()) / len(self.scores):.2f}"] if self.scores else []
        taken, seconds = self.step - self.first, monotonic() - self.since
        if taken and seconds:
            parts += [f"{taken / seconds:.2f} steps/s", f"{duration((self.steps - self.step) * seconds / taken)} left"]
        return "  ".join(parts)


class Lines:
    """A line at every tenth of the way."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.pace = Pace()
        self.told = -1

    def wants(self, step: int, steps: int) -> bool:
        return step % max(1, steps // 10) == 0

    def show(self, frame: Frame) -> None:
        if self.pace.see(frame) or frame.step != self.told:  # one line for all dreams of the batch
            self.told = frame.step
            self.stream.write(f"step {frame.step}/{frame.dream.steps}  {self.pace}".rstrip() + "\n")
            self.stream.flush()

    def close(self) -> None:
        return None


PREVIEW = 28  # pixels: a line of text shows two of them
SHOWN = 4  # pictures of a batch side by side
ROOM = 22  # lines that a terminal has, or it is too low for pictures


class Bar:
    """A line that moves, one per batch, and above it what is being painted, where the terminal has colours and room."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
        console = Console(file=stream)
        self.bars = Progress(*columns, console=console)
        self.room = console.color_system is not None and console.height >= ROOM
        self.pictures: dict[int, Image] = {}
        self.live = Live(console=console, get_renderable=self._shown, redirect_stdout=False)
        self.pace = Pace()

    def wants(self, step: int, steps: int) -> bool:
        return often(step, steps)

    def show(self, frame: Frame) -> None:
        if self.pace.see(frame):
            self.live.start()
            self.pictures.clear()
            self.bars.add_task("", total=frame.dream.steps, pace="")
        if self.room and len({frame.index, *self.pictures}) <= SHOWN:
            self.pictures[frame.index] = _small(frame.image)
        self.bars.update(self.bars.task_ids[-1], completed=frame.step, pace=str(self.pace))

    def _shown(self) -> RenderableType:
        from rich.console import Group
        from rich_pixels import Pixels

        if not self.pictures:
            return self.bars
        return Group(Pixels.from_image(_side_by_side([*self.pictures.values()], self.bars.console.width)), self.bars)

    def close(self) -> None:
        self.live.stop()


def _small(picture: Image) -> Image:
    """As large as a preview may be, with an even number of rows."""
    shrunk = opaque(picture)
    shrunk.thumbnail((PREVIEW * 2, PREVIEW))
    return shrunk.crop((0, 0, shrunk.width, shrunk.height // 2 * 2 or 2))


def _side_by_side(pictures: Sequence[Image], width: int) -> Image:
    """As many of them as there is room for."""
    from PIL import Image

    each = pictures[0].width + 1
    shown = pictures[: max(1, (width + 1) // each)]
    row = Image.new("RGB", (each * len(shown) - 1, pictures[0].height))
    for place, picture in enumerate(shown):
        row.paste(picture, (place * each, 0))
    return row


def often(step: int, steps: int) -> bool:
    """Fifty times on the way of a short run, every twentieth step of a long one."""
    return step % max(1, min(steps // 50, 20)) == 0


def duration(seconds: float) -> str:
    """``42 s``, ``3:07`` or ``1:02:45``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
