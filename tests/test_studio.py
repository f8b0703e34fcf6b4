"""Dreams end to end, with the real engine and tiny dreams."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reverie import Dream, Frame, paint
from reverie.album import Album, Saved
from reverie.errors import BadRequest, Failed, unknown
from reverie.files import read_recipe
from reverie.images import load_picture
from reverie.recipe import Recipe
from reverie.studio import create


def tiny(text: str = "a red fox", **fields: object) -> Dream:
    return Dream(text, **{"generator": "pixels", "size": "32x32", "steps": 3, "views": 2, **fields})


class Watch:
    """An observer that does what the test wants done at every step."""

    def __init__(self, do: Callable[[Frame], None] = lambda frame: None, every: int = 1) -> None:
        self.do, self.every = do, every
        self.steps: list[int] = []
        self.closed = 0

    def wants(self, step: int, steps: int) -> bool:
        return step % self.every == 0

    def show(self, frame: Frame) -> None:
        self.steps.append(frame.step)
        self.do(frame)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, where pictures are rescued to."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def made(dreams: list[Dream], out: Path, *observers: Watch, recipes: bool = True, overwrite: bool = False) -> list[Saved]:
    return list(create(dreams, Album.at(out, dreams, None, recipes, overwrite), observers))


# paint


def test_one_dream_yields_every_step_and_a_final_frame() -> None:
    frames = list(paint(tiny()))
    assert [(frame.step, frame.final) for frame in frames] == [(0, False), (1, False), (2, False), (3, True)]
    assert frames[-1].image.size == (32, 32)


def test_every_thins_the_frames_but_not_the_end() -> None:
    assert [frame.step for frame in paint(tiny(steps=5), every=2)] == [0, 2, 4, 5]


def test_every_must_be_positive_and_says_so_at_once() -> None:
    with pytest.raises(BadRequest, match="every=0"):
        paint(tiny(), every=0)


def test_dreams_of_one_shape_are_painted_together_and_others_after_them() -> None:
    dreams = [tiny(seed=1), tiny(size="16x24"), tiny(seed=2)]
    frames = list(paint(dreams, every=3))
    assert [(frame.index, frame.step) for frame in frames] == [(0, 0), (2, 0), (0, 3), (2, 3), (1, 0), (1, 3)]
    assert all(frame.dream == dreams[frame.index] for frame in frames)
    assert frames[-1].image.size == (16, 24)


def test_stopping_ends_the_batch_at_work_and_begins_no_other() -> None:
    seen: list[Frame] = []
    for frame in paint([tiny(steps=50), tiny(size="16x16")], should_stop=lambda: len(seen) >= 2):
        seen.append(frame)
    assert [(frame.index, frame.step, frame.final) for frame in seen] == [(0, 0, False), (0, 1, False), (0, 2, True)]


def test_a_bad_dream_among_others_is_refused_before_any_is_painted() -> None:
    with pytest.raises(BadRequest, match="bigan"):
        next(paint([tiny(), tiny(generator="bigan")]))


# album


def test_names_in_a_folder_are_readable_and_free(tmp_path: Path) -> None:
    (tmp_path / "a-red-fox.png").touch()
    assert [path.name for path in Album.at(tmp_path, [tiny(), tiny(seed=1)]).paths] == ["a-red-fox-2.png", "a-red-fox-3.png"]


def test_the_frames_of_an_interrupted_journey_are_not_mixed_with_others(tmp_path: Path) -> None:
    (tmp_path / "a-fox.frames").mkdir()
    assert [path.name for path in Album.at(tmp_path, [Dream("a fox")] * 2).paths] == ["a-fox-2.png", "a-fox-3.png"]


def test_the_format_of_a_folder(tmp_path: Path) -> None:
    assert Album.at(tmp_path, [tiny()], "webp").paths == (tmp_path / "a-red-fox.webp",)


def test_a_file_and_several_pictures_are_numbered(tmp_path: Path) -> None:
    assert [path.name for path in Album.at(tmp_path / "x.jpg", [tiny(), tiny(seed=1)]).paths] == ["x.jpg", "x-2.jpg"]


@pytest.mark.parametrize(
    ("out", "kind", "message"),
    [("there.png", None, "exists already"), ("x.gif", None, "no format"), ("x.jpg", "png", "not a png"), ("there.png/x", None, "cannot")],
)
def test_places_that_cannot_be_written_are_refused(tmp_path: Path, out: str, kind: str | None, message: str) -> None:
    (tmp_path / "there.png").write_text("mine")
    with pytest.raises(BadRequest, match=message):
        Album.at(tmp_path / out, [tiny()], kind)
    assert (tmp_path / "there.png").read_text() == "mine"


def test_a_file_may_be_replaced_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "x.png"
    out.write_text("old")
    [saved] = made([tiny()], out, overwrite=True)
    assert saved.path == out and load_picture(out).size == (32, 32)


# create


def test_pictures_are_saved_with_their_recipes(tmp_path: Path) -> None:
    dreams = [tiny(), tiny("a blue house", size="16x24")]
    saved = made(dreams, tmp_path / "new")
    assert [one.path for one in saved] == [tmp_path / "new" / "a-red-fox.png", tmp_path / "new" / "a-blue-house.png"]
    assert [read_recipe(one.path).dream for one in saved] == dreams
    assert not any(one.trouble or read_recipe(one.path).edits for one in saved)


def test_a_recipe_can_be_left_out(tmp_path: Path) -> None:
    [saved] = made([tiny()], tmp_path, recipes=False)
    with pytest.raises(BadRequest, match="no recipe"):
        read_recipe(saved.path)


def test_observers_are_shown_what_they_want_and_the_end_and_are_closed(tmp_path: Path) -> None:
    every, second = Watch(), Watch(every=2)
    made([tiny()], tmp_path, every, second)
    assert (every.steps, second.steps) == ([0, 1, 2, 3], [0, 2, 3])
    assert (every.closed, second.closed) == (1, 1)


def test_who_watches_does_not_change_the_picture(tmp_path: Path) -> None:
    [alone], [watched] = made([tiny()], tmp_path / "a"), made([tiny()], tmp_path / "b", Watch())
    assert alone.path.read_bytes() == watched.path.read_bytes()


def test_a_stopped_picture_is_saved_and_says_when(tmp_path: Path) -> None:
    watch = Watch()
    dream = tiny(steps=50)
    [saved] = create([dream], Album.at(tmp_path, [dream]), [watch], should_stop=lambda: len(watch.steps) >= 4)
    assert saved.frame.step == 4 and read_recipe(saved.path).edits == ((4, {"steps": 4}),)


def test_nothing_is_saved_of_a_dream_that_was_stopped_before_its_first_step(tmp_path: Path) -> None:
    assert not list(create([tiny()], Album.at(tmp_path, [tiny()]), should_stop=lambda: True))
    assert not list(tmp_path.glob("*.png"))


def test_a_dream_of_no_steps_is_its_start(tmp_path: Path) -> None:
    [saved] = made([tiny(steps=0)], tmp_path)
    assert saved.path.exists()


def blocked(folder: Path) -> Callable[[Frame], None]:
    """Puts a file in the place of the folder at step 2: nothing can be saved there any more."""

    def block(frame: Frame) -> None:
        if frame.step == 2 and folder.is_dir():
            shutil.rmtree(folder)
            folder.touch()

    return block


def test_a_picture_that_cannot_be_saved_is_rescued_and_the_others_are_saved(tmp_path: Path, temporary: Path) -> None:
    dreams = [tiny(), tiny(seed=1)]
    album = Album((tmp_path / "gone" / "a.png", tmp_path / "b.png"))
    (tmp_path / "gone").mkdir()
    saved: list[Saved] = []
    with pytest.raises(Failed, match="a.png") as raised:
        for one in create(dreams, album, [Watch(blocked(tmp_path / "gone"))]):
            saved.append(one)
    assert [one.path for one in saved] == [temporary / "a.png", tmp_path / "b.png"]
    assert str(temporary / "a.png") in str(raised.value) and str(temporary / "a.png") in saved[0].trouble
    assert read_recipe(temporary / "a.png").dream == dreams[0]


def test_when_no_place_is_left_the_error_names_both(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "gone").mkdir()

    def block_both(frame: Frame) -> None:
        blocked(tmp_path / "gone")(frame)
        blocked(temporary)(frame)

    with pytest.raises(Failed, match="gone.*Nor could a copy.*temporary"):
        list(create([tiny()], Album((tmp_path / "gone" / "a.png",)), [Watch(block_both)]))


def test_a_name_that_was_taken_meanwhile_is_left_alone(tmp_path: Path) -> None:
    [saved] = made([tiny()], tmp_path, Watch(lambda frame: (tmp_path / "a-red-fox.png").touch()))
    assert saved.path.name == "a-red-fox-2.png"
    assert (tmp_path / "a-red-fox.png").read_bytes() == b""


def test_a_failing_observer_is_dropped_and_reported_after_the_end(tmp_path: Path) -> None:
    def full(frame: Frame) -> None:
        raise OSError("no space left")

    failing, other = Watch(full), Watch()
    with pytest.raises(Failed, match="Watch ended at step 0: no space left"):
        made([tiny()], tmp_path, failing, other)
    assert failing.steps == [0] and failing.closed == 1 and other.steps == [0, 1, 2, 3]
    assert (tmp_path / "a-red-fox.png").exists()


def test_what_a_broken_run_had_painted_is_saved(tmp_path: Path) -> None:
    def break_down(frame: Frame) -> None:
        if frame.step == 2:
            raise ValueError("out of luck")

    with pytest.raises(Failed, match=r"out of luck\nWhat was painted by step 2 is in .*a-red-fox.png"):
        made([tiny()], tmp_path, Watch(break_down))
    assert read_recipe(tmp_path / "a-red-fox.png").edits == ((2, {"steps": 2}),)


def test_a_bad_request_stays_one_and_closes_the_observers(tmp_path: Path) -> None:
    watch = Watch()
    with pytest.raises(BadRequest, match=str(unknown("generator", "bigan", ["pixels"])).split(".")[0]):
        made([tiny(generator="bigan")], tmp_path, watch)
    assert watch.closed == 1 and not watch.steps


def test_frames_are_copies() -> None:
    frames = list(paint(tiny(rate=0.5)))
    first = frames[0].pixels.clone()
    assert (frames[0].pixels == first).all() and not (frames[-1].pixels == first).all()


# stories


def told() -> Recipe:
    """A painting in three parts, two steps each."""
    changes: list[tuple[int, dict[str, Any]]] = [(2, {"prompts": "a castle"}), (4, {"prompts": "a hen"})]
    return Recipe(dream=tiny(steps=6), edits=tuple(changes))


def in_parts(folder: Path, watch: Watch, whole: bool = True, stop: Callable[[], bool] | None = None) -> tuple[Album, list[Saved]]:
    story = told()
    last, _ = story.stages()[-1]
    album = replace(Album.at(folder, [story.dream]), before=story.earlier(), whole=whole)
    return album, list(create([last], album, [watch], should_stop=stop))


def test_what_comes_before_is_shown_where_it_is_new(tmp_path: Path) -> None:
    watch, quiet = Watch(), Watch()
    _, [shown] = in_parts(tmp_path / "a", watch)
    _, [alone] = in_parts(tmp_path / "b", quiet, whole=False)
    assert watch.steps == [0, 1, 2, 3, 4, 5, 6] and quiet.steps == [4, 5, 6]
    assert shown.path.read_bytes() == alone.path.read_bytes()
    assert [(dream.prompts[0].text, left) for dream, left in read_recipe(shown.path).stages()] == [
        ("a red fox", 2), ("a castle", 4), ("a hen", 6),
    ]  # fmt: skip


def test_a_story_that_is_stopped_in_its_middle_leaves_its_picture_so_far(tmp_path: Path) -> None:
    watch = Watch()
    _, [saved] = in_parts(tmp_path, watch, stop=lambda: len(watch.steps) >= 3)
    assert saved.frame.step == 3 and load_picture(saved.path).size == (32, 32)
    assert [(dream.prompts[0].text, left) for dream, left in read_recipe(saved.path).stages()] == [("a red fox", 2), ("a castle", 3)]
