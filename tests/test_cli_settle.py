"""What is found out before painting begins, as the command line tells it and as a run keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from reverie import plan
from reverie.cli import main
from reverie.cli.settle import settled
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


@pytest.mark.parametrize("asked", [True, False])
def test_killed_before_its_first_step_a_run_is_as_exact_as_it_was_asked_to_be(
    networks: tiny.Options, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(plan, "exactly", told.append)
    interrupted(networks, deterministic=asked)
    assert main(["resume", "-q"]) == 0
    assert told == ["auto"] * asked


def test_killed_before_the_plan_it_is_planned_anew(networks: tiny.Options) -> None:
    interrupted(networks, budget=0.01)
    assert main(["resume", "-q"]) == 0
    assert read_recipe("fox.png").dream.steps == 1


def test_the_best_seed_is_painted_and_its_recipe_needs_no_search(networks: tiny.Options, capsys: Capture) -> None:
    words = [*TINY, "--steps", "5", "--best-of", "4", "--seed", "2", "--precision", "fp32"]
    assert main(["a red apple", *words, "--out", "apple.png"]) == 0
    told = capsys.readouterr().err
    dream = read_recipe("apple.png").dream
    assert f"seed {dream.seed} is the best of 4" in told and dream.seed in (2, 3, 4, 5)
    assert main(["replay", "apple.png", "--out", "again.png", "-q"]) == 0
    assert Path("again.png").read_bytes() == Path("apple.png").read_bytes()


def test_the_best_few_of_a_batch_and_within_a_budget(capsys: Capture) -> None:
    assert main(["a red apple", *TINY, "--best-of", "3", "--batch", "2", "--budget", "0.01", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in told[:4]] == ["parsed", "plan", "chosen", "start"]
    scores = told[2]["scores"]
    seeds = [read_recipe(path).dream.seed for path in told[-1]["pictures"]]
    assert len(scores) == 3 and [str(seed) for seed in seeds] == sorted(scores, key=lambda seed: -scores[seed])[:2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--best-of", "2", "--batch", "3"], "no 3 best ones"),
        (["--best-of", "0"], "--best-of"),
        (["--best-of", "2", "--judge", "none"], "ask the judge"),
    ],
)
def test_what_has_no_best_is_told_and_leaves_no_run(words: list[str], message: str, capsys: Capture) -> None:
    assert main(["a red apple", *TINY, *words]) == 2
    assert message in capsys.readouterr().err
    assert main(["resume", "--list"]) == 0 and capsys.readouterr().out == ""


def test_killed_in_the_search_it_is_searched_anew(networks: tiny.Options) -> None:
    """And once the seeds are found, they are searched for no more."""
    request = interrupted(networks, best_of=3)
    assert main(["resume", "-q"]) == 0
    resumed = Path("fox.png").read_bytes()
    run = Run.begin(request)
    found = settled(request, run, lambda: False, lambda *told, **data: None)
    run.close()
    assert found.best_of is None and read_recipe("fox.png").dream.seed == found.dreams[0].seed
    Path("fox.png").unlink()
    assert main(["resume", "-q"]) == 0 and Path("fox.png").read_bytes() == resumed


def test_stopped_in_the_search_nothing_is_lost(networks: tiny.Options) -> None:
    request = interrupted(networks, best_of=3)
    assert settled(request, None, lambda: True, lambda *told, **data: None) == request
