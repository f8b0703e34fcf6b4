"""Dreams end to end: painted in batches, shown to observers, saved with their recipes. Nothing painted is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from reverie import checks
from reverie.album import Album, Saved
from reverie.dream import Dream
from reverie.errors import BadRequest, Failed, ReverieError
from reverie.runs import Run
from reverie.types import Frame, Observer

# How often a frame is made although nobody asked: what is left of a dream whose run breaks.
SAFETY = 50
FEW = 8  # of a row are painted together: it may be hours long, and each is to be seen once it is done


def paint(
    dreams: Dream | Sequence[Dream], *, every: int = 1, should_stop: Callable[[], bool] | None = None, device: str = "auto"
) -> Iterator[Frame]:
    """Paint one dream or several and yield their pictures as they come to be.

    Yields a frame per dream at steps 0, ``every``, 2 ``every`` ... and a last one with ``final``; ``frame.index`` is the dream's
    place in ``dreams``. Dreams that share a shape are painted as one batch, batch after batch. Once ``should_stop()`` is true the
    batch at work ends with its picture so far and no other begins; to stop iterating ends it too. ``device`` is ``auto`` or what
    torch calls it. Raises ``BadRequest`` before the first frame of what cannot be painted as asked, ``Failed`` after it.
    """
    if every < 1:
        raise BadRequest(f"every={every}: frames can be shown every 1, 2, 3 ... steps.")
    given = (dreams,) if isinstance(dreams, Dream) else tuple(dreams)
    return _painted(given, lambda step, steps: step % every == 0, should_stop or _never, device)


def _never() -> bool:
    return False


def _painted(
    dreams: Sequence[Dream],
    wants: Callable[[int, int], bool],
    should_stop: Callable[[], bool],
    device: str,
    run: Run | None = None,
    album: Album | None = None,
) -> Iterator[Frame]:
    """Batch after batch, each from where ``run`` or what the album goes on from left it; pictures that the run has already are
    painted only if others need them to be."""
    check(dreams)
    from reverie.build import Kept, frames
    from reverie.stages import along

    done = set(run.request.done) if run else set()
    for places in _batches(dreams, _together(album) or len(dreams)):
        if done.issuperset(places):
            continue
        if should_stop():
            return
        batch = [dreams[place] for place in places]
        kept = run.kept(places) if run else Kept()
        if album and album.before and kept.state is None:
            begun = yield from along(album.before, wants if album.whole else None, should_stop, device)
            if should_stop():
                return
            kept = replace(begun, keep=kept.keep)
        for frame in frames(batch, wants=wants, should_stop=should_stop, device=device, kept=kept):
            if places[frame.index] not in done:
                yield replace(frame, index=places[frame.index])


def _together(album: Album | None) -> int:
    """How many are painted at once, at most; 0 for all."""
    return 0 if album is None else album.together or (FEW if album.row else 0)


def check(dreams: Sequence[Dream]) -> None:
    """Raise ``BadRequest`` for what can be known to be wrong with any of the dreams without importing torch."""
    for dream in dreams:
        checks.check(dream)


def _batches(dreams: Sequence[Dream], most: int) -> list[list[int]]:
    """The places of dreams that are painted together, at most so many, in the order in which their shapes first come."""
    batches: dict[str, list[int]] = {}
    for place, dream in enumerate(dreams):
        batches.setdefault(dream.shape_key(), []).append(place)
    return [places[i : i + most] for places in batches.values() for i in range(0, len(places), most)]


@dataclass
class _Paper:
    """What outlives a failure: the last frame of each dream that is not saved yet, and what went wrong so far."""

    album: Album
    observers: list[Observer]
    latest: dict[int, Frame] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    def wants(self, step: int, steps: int) -> bool:
        wanted = [observer.wants(step, steps) for observer in self.observers]  # everybody is asked at every step
        return any(wanted) or step % SAFETY == 0

    def show(self, frame: Frame) -> None:
        """To everybody who wants it. An observer that fails is shown no more, and the painting goes on."""
        self.latest[frame.index] = frame
        for observer in tuple(self.observers):
            if frame.final or observer.wants(frame.step, frame.dream.steps):
                try:
                    observer.show(frame)
                except (OSError, ReverieError) as error:
                    self.observers.remove(observer)
                    self.troubles.append(f"{type(observer).__name__} ended at step {frame.step}: {error}.")

    def save(self, frame: Frame) -> Iterator[Saved]:
        """The one picture on disk, or none when nothing was painted yet or nothing could be written."""
        del self.latest[frame.index]
        if frame.step == 0 < frame.dream.steps and not frame.ended:
            return
        try:
            saved = self.album.save(frame)
        except Failed as error:
            self.troubles.append(str(error))
            return
        if saved.trouble:
            self.troubles.append(saved.trouble)
        yield saved


def create(
    dreams: Sequence[Dream],
    album: Album,
    observers: Sequence[Observer] = (),
    *,
    should_stop: Callable[[], bool] | None = None,
    device: str = "auto",
    run: Run | None = None,
) -> Iterator[Saved]:
    """Paint dreams, show their frames to observers, and yield each picture once it is on disk.

    With ``run`` it is kept how far they are, and what was interrupted is gone on with.

    Stopped early, the pictures so far are saved. A failure loses none: what cannot be saved where it should goes to the folder for
    temporary files, and the last frames of a run that breaks are saved. Raises ``BadRequest`` before anything is painted, and
    ``Failed``, which names what went wrong and where the pictures are, after everything that can be saved was.
    """
    paper = _Paper(album, list(observers))
    try:
        for frame in _painted(dreams, paper.wants, should_stop or _never, device, run, album):
            paper.show(frame)
            if frame.final:
                saved = list(paper.save(frame))
                if run and saved and (frame.ended or frame.step >= run.request.steps):
                    run.finished(frame.index)
                yield from saved
    except BadRequest:
        raise
    except Exception as error:
        paper.troubles.insert(0, str(error) or type(error).__name__)
        for frame in tuple(paper.latest.values()):
            for rescued in paper.save(frame):
                paper.troubles.append(f"What was painted by step {frame.step} is in {str(rescued.path)!r}.")
                yield rescued
        raise Failed("\n".join(paper.troubles)) from error
    finally:
        for observer in observers:
            observer.close()
    if paper.troubles:
        raise Failed("\n".join(paper.troubles))
