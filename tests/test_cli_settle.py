"""What is found out before painting begins, as the command line tells it and as a run keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from reverie.cli import main
from reverie.files import read_recipe
from reverie.request import Request
from reverie.runs import Run, now

TINY = ["--generator", "pixels", "--size", "16", "--views", "1", "--init", "random"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def interrupted(networks: tiny.Options, **more: object) -> Request:
    """A run that was killed before it was settled."""
    dream = tiny.dream(networks, "a red fox", steps=5)
    request = Request(dreams=(dream,), paths=(Path("fox.png").absolute(),), began=now(), **more)  # type: ignore[arg-type]
    Run.begin(request).close()
    return request


def test_a_budget_becomes_steps_which_the_recipe_holds(capsys: Capture) -> None:
    assert main(["a red fox", *TINY, "--budget", "0.01s", "--target-score", "0.99", "--out", "fox.png"]) == 0
    told = capsys.readouterr().err
    assert "plan: 1 steps at" in told and "sooner once the judge is 0.99 sure" in told
    dream = read_recipe("fox.png").dream
    assert dream.steps == 1 and dream.stop_at == 0.99
    assert main(["replay", "fox.png", "--out", "again.png", "-q"]) == 0
    assert Path("again.png").read_bytes() == Path("fox.png").read_bytes()


def test_a_plan_is_an_event(capsys: Capture) -> None:
    assert main(["a red fox", *TINY, "--budget", "0.01", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in told[:3]] == ["parsed", "plan", "start"]
    assert told[1]["steps"] == told[2]["dream"]["steps"] == 1 and told[1]["seconds"] > 0


@pytest.mark.parametrize(
    ("words", "message"), [(["--budget", "1m", "--steps", "3"], "give one of them"), (["--budget", "soon"], "write 30s, 2m or 1h30m")]
)
def test_what_cannot_be_planned_is_told(words: list[str], message: str, capsys: Capture) -> None:
    assert main(["a red fox", *TINY, *words]) == 2
    assert message in capsys.readouterr().err


def test_killed_before_the_plan_it_is_planned_anew(networks: tiny.Options) -> None:
    interrupted(networks, budget=0.01)
    assert main(["resume", "-q"]) == 0
    assert read_recipe("fox.png").dream.steps == 1
