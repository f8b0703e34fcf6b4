"""Those who watch: progress for people, events for programs, stills on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from math import inf, nan
from pathlib import Path

import pytest

from reverie import Dream, Frame, paint
from reverie.errors import Failed
from reverie.files import read_recipe
from reverie.observers.events import Events
from reverie.observers.progress import Bar, Lines, duration, often, progress
from reverie.observers.stills import Stills, still
from reverie.observers.until import Until
from reverie.recipe import Recipe
from reverie.types import Observer


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def tiny(text: str = "a red fox", **fields: object) -> Dream:
    return Dream(text, **{"generator": "pixels", "size": "16x16", "steps": 20, "views": 1, **fields})


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(paint([tiny(), tiny(seed=1), tiny(size="8x8", steps=2)]))


def watched(observer: Observer, frames: list[Frame]) -> Iterator[int]:
    """The steps at which the observer is shown something, as a run would show it."""
    for frame in frames:
        if frame.final or observer.wants(frame.step, frame.dream.steps):
            observer.show(frame)
            yield frame.step
    observer.close()


def bent(frame: Frame, **changes: object) -> Frame:
    return Frame(**{**vars(frame), **changes})


def test_progress_moves_on_a_terminal_only() -> None:
    assert isinstance(progress(Terminal()), Bar) and isinstance(progress(StringIO()), Lines)


def test_lines_are_sparse_one_for_all_dreams_of_a_batch(frames: list[Frame]) -> None:
    stream = StringIO()
    list(watched(Lines(stream), frames))
    lines = stream.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == [f"{step}/20" for step in range(0, 21, 2)] + ["0/2", "1/2", "2/2"]
    assert "loss" in lines[0] and "steps/s" not in lines[0] and "steps/s" in lines[1] and lines[10].endswith("0 s left")


def test_a_bar_shows_how_far_how_fast_and_how_near(frames: list[Frame]) -> None:
    stream = Terminal()
    list(watched(Bar(stream), frames))
    shown = stream.getvalue()
    assert "20/20" in shown and "2/2" in shown and "steps/s" in shown and f"{frames[-1].loss:.3f}" in shown


def test_a_terminal_with_colours_and_room_shows_the_pictures(frames: list[Frame], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    shown = {}
    for lines in ("40", "10"):
        monkeypatch.setenv("LINES", lines)
        stream = Terminal()
        list(watched(Bar(stream), frames))
        shown[lines] = stream.getvalue()
    assert "\u2584" in shown["40"] and "\u2584" not in shown["10"] and "20/20" in shown["10"]


def test_a_bar_that_was_shown_nothing_writes_nothing() -> None:
    stream = Terminal()
    Bar(stream).close()
    assert not stream.getvalue().strip()


@pytest.mark.parametrize("loss", [nan, inf])
def test_a_loss_that_is_no_number_is_left_out(frames: list[Frame], loss: float) -> None:
    stream = StringIO()
    Lines(stream).show(bent(frames[0], loss=loss, score=None))
    assert stream.getvalue() == "step 0/20\n"


@pytest.mark.parametrize(("steps", "count"), [(0, 1), (10, 11), (150, 51), (1000, 51), (60_000, 3001)])
def test_often_is_neither_every_step_nor_rare(steps: int, count: int) -> None:
    assert sum(often(step, steps) for step in range(steps + 1)) == count


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (42, "42 s"), (187, "3:07"), (3765, "1:02:45")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_events_are_one_json_object_per_line(frames: list[Frame]) -> None:
    stream = StringIO()
    events = Events(stream)
    events.tell("start", text="ein Füchslein\n")
    list(watched(events, frames[:2] + frames[-1:]))
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert told[0] == {"event": "start", "text": "ein Füchslein\n"}
    assert [(one["event"], one["index"], one["step"], one["steps"], one["final"]) for one in told[1:]] == [
        ("step", 0, 0, 20, False),
        ("step", 1, 0, 20, False),
        ("step", 2, 2, 2, True),
    ]
    assert told[1]["losses"]["resemblance"] == pytest.approx(frames[0].losses["resemblance"])


def test_events_stay_json_when_a_loss_is_not_finite(frames: list[Frame]) -> None:
    stream = StringIO()
    Events(stream).show(bent(frames[0], loss=nan, losses={"resemblance": inf}))
    told = json.loads(stream.getvalue(), parse_constant=lambda name: pytest.fail(name))
    assert told["loss"] is None and told["losses"] == {"resemblance": None}


def test_undone_steps_are_told_once_per_change(frames: list[Frame]) -> None:
    stream = StringIO()
    events = Events(stream)
    for undone in (0, 1, 1, 3):
        events.show(bent(frames[0], undone=undone))
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [one["undone"] for one in told if one["event"] == "undone"] == [1, 3]


def test_stills_are_numbered_beside_the_picture(frames: list[Frame], tmp_path: Path) -> None:
    target = tmp_path / "a.b.webp"
    stills = Stills(10, [target], lambda frame: Recipe(dream=frame.dream))
    shown = list(watched(stills, [frame for frame in frames if frame.index == 0]))
    assert shown == [10, 20]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.b.000010.webp", "a.b.000020.webp"]
    assert read_recipe(still(target, 10)).dream == frames[0].dream


def test_the_end_is_no_still_unless_it_is_one_of_them(frames: list[Frame], tmp_path: Path) -> None:
    last = [frame for frame in frames if frame.index == 0 and frame.final]
    list(watched(Stills(7, [tmp_path / "x.png"], lambda frame: None), last))
    assert not list(tmp_path.iterdir())


def test_a_still_replaces_nothing(frames: list[Frame], tmp_path: Path) -> None:
    (tmp_path / "x.000020.png").touch()
    Stills(20, [tmp_path / "x.png"], lambda frame: None).show(bent(frames[0], step=20))
    assert (tmp_path / "x.000020.png").read_bytes() == b"" and (tmp_path / "x.000020-2.png").exists()


def test_a_still_that_cannot_be_written_says_so(frames: list[Frame], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Failed, match="x.000020.png"):
        Stills(20, [tmp_path / "file" / "x.png"], lambda frame: None).show(bent(frames[0], step=20))


def test_until_ends_a_run_where_it_says() -> None:
    end = Until(4)
    seen = [frame.step for frame in paint(tiny(), should_stop=end.reached) if not end.wants(frame.step, 20)]
    assert seen == [0, 1, 2, 3, 4]
    end.wants(2, 20)
    assert end.reached(), "a picture that comes late takes no step back"
