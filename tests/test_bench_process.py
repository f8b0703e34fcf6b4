"""Processes that answer, fail, die and hang."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.bench.process import ask
from reverie.errors import Failed

ANSWER = """
import os, sys, time
from reverie.bench.process import answer

def measure(asked):
    if asked["do"] == "fail":
        raise ValueError("the network is round")
    if asked["do"] == "refuse":
        from reverie.errors import BadRequest
        raise BadRequest("--size 3 is too small.")
    if asked["do"] == "die":
        os.kill(os.getpid(), 9)
    if asked["do"] == "hang":
        time.sleep(60)
    if asked["do"] == "leave":
        os._exit(0)
    print("noise on the way")
    return {"folder": os.getcwd(), "word": os.environ.get("WORD", "")}

answer(measure)
"""


@pytest.fixture
def told(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "answering.py").write_text(ANSWER)
    return {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[1] / 'src'}", "WORD": "hello"}


def test_it_answers_from_a_folder_of_its_own(told: dict[str, str]) -> None:
    found = ask("answering", {"do": "tell"}, environment=told)
    assert found["word"] == "hello" and not Path(found["folder"]).exists()


@pytest.mark.parametrize(
    ("do", "says"),
    [
        ("fail", "ValueError: the network is round"),
        ("refuse", r"^--size 3 is too small\.$"),
        ("die", "was killed, most often because memory ran short"),
        ("leave", "ended with code 0"),
    ],
)
def test_failures_have_reasons(told: dict[str, str], do: str, says: str) -> None:
    with pytest.raises(Failed, match=says):
        ask("answering", {"do": do}, environment=told)


def test_one_that_hangs_is_given_up(told: dict[str, str]) -> None:
    with pytest.raises(Failed, match="took longer than 1 s"):
        ask("answering", {"do": "hang"}, environment=told, patience=1)


def test_a_python_that_is_not_there_is_told() -> None:
    with pytest.raises(Failed, match="cannot be started: .*no-such-python"):
        ask("answering", {}, python="/no-such-python")
