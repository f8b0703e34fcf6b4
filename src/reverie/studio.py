"""Dreams end to end: painted in batches, shown to observers, saved with their recipes. Nothing painted is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from mimetypes import guess_type
from os.path import lexists
from pathlib import Path
from tempfile import gettempdir

from reverie import checks
from reverie.dream import Dream
from reverie.errors import BadRequest, Failed, ReverieError
from reverie.files import FORMATS, check_target, save_picture
from reverie.naming import name_of, numbered
from reverie.observers.journey import frames_of
from reverie.recipe import Recipe
from reverie.runs import Run
from reverie.types import Frame, Observer

# How often a frame is made although nobody asked: what is left of a dream whose run breaks.
SAFETY = 50


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
    for places in _batches(dreams):
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


def check(dreams: Sequence[Dream]) -> None:
    """Raise ``BadRequest`` for what can be known to be wrong with any of the dreams without importing torch."""
    for dream in dreams:
        checks.check(dream)


def _batches(dreams: Sequence[Dream]) -> list[list[int]]:
    """The places of dreams that can be painted together, in the order in which their shapes first come."""
    batches: dict[str, list[int]] = {}
    for place, dream in enumerate(dreams):
        batches.setdefault(dream.shape_key(), []).append(place)
    return list(batches.values())


@dataclass(frozen=True)
class Saved:
    """A picture on disk and the frame that it shows; ``trouble`` says why it is not where it was asked for."""

    frame: Frame
    path: Path
    trouble: str = ""


@dataclass(frozen=True)
class Album:
    """Where the pictures of some dreams go, one path each, and whether with their recipes and over what is there."""

    paths: tuple[Path, ...]
    recipes: bool = True
    overwrite: bool = False
    before: Recipe | None = None  # of what is gone on with
    whole: bool = False  # show what is painted of that, too

    @classmethod
    def at(cls, out: Path, dreams: Sequence[Dream], kind: str | None = None, recipes: bool = True, overwrite: bool = False) -> Album:
        """An album in the folder ``out``, under readable names, or in the file ``out`` when that names a picture.

        ``kind`` (png, jpg, webp) is the format in a folder. Several pictures in a file are name.png, name-2.png and so on. Makes
        the folder, and raises ``BadRequest`` when something could not be written or is there already.
        """
        to_file = (guess_type(out.name)[0] or "").startswith("image/") and not out.is_dir()
        if to_file and kind and FORMATS.get(out.suffix.lower()) != FORMATS[f".{kind}"]:
            raise BadRequest(f"{str(out)!r} is not a {kind}: leave --format out, or give a folder.")
        paths = tuple(islice(numbered(out), len(dreams))) if to_file else _free(out, dreams, f".{kind or 'png'}")
        made = cls(paths, recipes, overwrite and to_file)
        for path, dream in zip(paths, dreams, strict=True):
            if dream.transparent and FORMATS[path.suffix.lower()] == "JPEG":
                raise BadRequest(f"{path.name!r} cannot be transparent: a JPEG has no opacity. Save as png or webp.")
            check_target(path, Recipe(dream=dream) if recipes else None, overwrite=made.overwrite)
        return made

    def recipe(self, frame: Frame) -> Recipe | None:
        """How the picture in a frame came to be; one from before the end says at which step it was."""
        if not self.recipes:
            return None
        if self.before and frame.step < self.before.stages()[-1][1]:
            return self.before.until(frame.step)
        early = frame.step < frame.dream.steps and not frame.ended
        whole = self.before.grown(frame.dream) if self.before else Recipe(dream=frame.dream)
        return whole.model_copy(update={"edits": (*whole.edits, (frame.step, {"steps": frame.step}))}) if early else whole

    def save(self, frame: Frame) -> Saved:
        """The picture where it was asked for, or else among the temporary files; raises ``Failed`` when neither can be written."""
        path, image, recipe = self.paths[frame.index], frame.image, self.recipe(frame)
        curve = frame.curve if self.recipes else None
        try:
            return Saved(frame, save_picture(image, path, recipe, curve, overwrite=self.overwrite))
        except (OSError, ReverieError) as error:
            trouble = str(error)
        try:
            rescue = save_picture(image, Path(gettempdir(), path.name), recipe, curve)
        except (OSError, ReverieError) as error:
            raise Failed(f"{trouble} Nor could a copy: {error}") from error
        return Saved(frame, rescue, f"{trouble} The picture is in {str(rescue)!r}.")


def _free(folder: Path, dreams: Sequence[Dream], suffix: str) -> tuple[Path, ...]:
    """A readable name for each dream that no file, no other dream, and no journey that goes on later has."""
    taken: list[Path] = []
    for dream in dreams:
        names = numbered(folder / f"{name_of(dream)}{suffix}")
        taken.append(next(path for path in names if path not in taken and not (lexists(path) or lexists(frames_of(path)))))
    return tuple(taken)


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
