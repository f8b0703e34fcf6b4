"""``reverie extend``: a finished picture goes on, the recipe holds the whole way, and nothing of it is lost to a kill."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest

from reverie.cli import main
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.files import read_recipe
from reverie.recipe import Recipe

TINY = ["--generator", "pixels", "--size", "32", "--views", "2", "-q"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_a_finished_picture_goes_on_and_can_be_painted_again() -> None:
    assert main(["a fox", *TINY, "--steps", "4", "--out", "a.png"]) == 0
    assert main(["extend", "a.png", "--steps", "3", "--out", "b.png", "-q"]) == 0
    assert read_recipe("b.png").edits == ((4, {"steps": 7}),)
    assert main(["replay", "b.png", "--out", "c.png", "-q"]) == 0
    assert Path("c.png").read_bytes() == Path("b.png").read_bytes() != Path("a.png").read_bytes()
    assert main(["replay", "b.png", "--set", "steps=9", "--out", "d.png", "-q"]) == 0
    assert main(["extend", "a.png", "--steps", "5", "--out", "e.png", "-q"]) == 0
    assert Path("d.png").read_bytes() == Path("e.png").read_bytes()


def test_a_branch_paints_other_words_from_there_and_may_branch_again() -> None:
    main(["a fox", *TINY, "--steps", "4", "--out", "a.png"])
    assert main(["extend", "a.png", "--steps", "3", "--branch", "a castle:2 | fog:-0.5", "--out", "b.png", "-q"]) == 0
    assert main(["extend", "b.png", "--steps", "2", "--out", "c.png", "-q"]) == 0
    (_, first), (last, second) = read_recipe("b.png").stages()[-1], read_recipe("c.png").stages()[-1]
    assert (first, second) == (7, 9) and [prompt.text for prompt in last.prompts] == ["a castle", "fog"]
    assert main(["replay", "c.png", "--out", "d.png", "-q"]) == 0
    assert Path("c.png").read_bytes() == Path("d.png").read_bytes()
    assert read_recipe("c.png").dream.prompts[0].text == "a fox"


def test_what_was_stopped_early_goes_on_as_it_was_left() -> None:
    main(["a fox", *TINY, "--steps", "6", "--every", "2", "--out", "a.png"])
    assert main(["extend", "a.000004.png", "--steps", "3", "--out", "b.png", "-q"]) == 0
    assert [left for _, left in read_recipe("b.png").stages()] == [4, 7]
    assert main(["replay", "b.png", "--out", "c.png", "-q"]) == 0
    assert Path("c.png").read_bytes() == Path("b.png").read_bytes()


def test_edits_of_a_stranger_are_checked() -> None:
    changes: list[dict[str, Any]] = [{"steps": -1}, {"colour": "red"}, {"prompts": []}]
    for change in changes:
        with pytest.raises(BadRequest, match="change in this recipe"):
            Recipe(dream=Dream("a fox"), edits=((3, change),)).stages()


def test_a_recipe_without_edits_has_one_stage() -> None:
    recipe = Recipe(dream=Dream("a fox", steps=5))
    assert recipe.stages() == [(recipe.dream, 5)] and recipe.earlier() is None
    assert Recipe(dream=Dream("a fox", steps=0)).stages()[0][1] == 0


def test_the_way_is_told_and_stopping_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    main(["a fox", *TINY, "--steps", "4", "--out", "a.png"])
    main(["extend", "a.png", "--steps", "3", "--branch", "a castle", "--out", "b.png", "-q"])
    main(["show", "b.png"])
    assert "at step 4       prompts became a castle, steps became 7" in capsys.readouterr().out
    assert main(["a fox", *TINY, "--steps", "9", "--stop-at", "0.0001", "--keep-best", "--out", "c.png"]) == 0
    assert "c.png: the picture after 0 of 9 steps, as asked" in capsys.readouterr().err


def interrupt(home: Path, over: Event) -> None:
    """Ctrl-C once the run has been kept, when it is sure to be under way; none if it was over by then."""
    while not over.is_set():
        if list(home.rglob("state.safetensors")):
            os.kill(os.getpid(), signal.SIGINT)
            return
        sleep(0.002)


def test_what_goes_on_can_be_interrupted_and_gone_on_with(own_home: Path) -> None:
    main(["a fox", *TINY, "--steps", "4", "--out", "a.png"])
    more, over = ["extend", "a.png", "--steps", "250", "-q", "--out"], Event()
    assert main([*more, "whole.png"]) == 0
    stop = Thread(target=interrupt, args=(own_home, over))
    stop.start()
    code = main([*more, "b.png"])
    over.set()
    stop.join()
    if code == 130:  # a fast machine may have been done
        assert main(["resume", "-q"]) == 0
    made = sorted(Path().glob("b*.png"))
    assert made[-1].read_bytes() == Path("whole.png").read_bytes() or made[0].read_bytes() == Path("whole.png").read_bytes()
