"""Runs on disk: kept while they are painted, gone once they are done, and told from what is damaged, held or newer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny
import torch

from reverie import runs
from reverie.build import frames
from reverie.dream import Dream
from reverie.errors import BadRequest, Failed
from reverie.request import Request
from reverie.runs import Run, interrupted


def request(*dreams: Dream) -> Request:
    return Request(dreams=dreams, paths=tuple(Path(f"{i}.png") for i in range(len(dreams))), began=runs.now())


def painted_until(run: Run, dream: Dream, step: int) -> list[torch.Tensor]:
    """Paint and leave before the end, as Ctrl-C does."""
    seen: list[int] = []

    def wants(now: int, steps: int) -> bool:
        seen.append(now)
        return True

    shown = frames([dream], device="cpu", kept=run.kept([0]), wants=wants, should_stop=lambda: len(seen) >= step)
    return [frame.pixels for frame in shown]


def test_a_run_is_there_while_it_is_painted_and_gone_when_done(networks: tiny.Options) -> None:
    dream = tiny.dream(networks)
    run = Run.begin(request(dream, dream))
    assert run.folder.is_dir() and interrupted() == [], "it is held"
    run.finished(0)
    assert run.close(), "there is something to go on with"
    assert interrupted() == [run.folder]
    again = Run.take()
    assert again.request.done == (0,) and again.request.dreams == (dream, dream)
    again.finished(1)
    assert not again.close() and interrupted() == [] and not run.folder.exists()


def test_two_runs_of_one_second_have_two_folders(networks: tiny.Options) -> None:
    asked = request(tiny.dream(networks))
    one, other = Run.begin(asked), Run.begin(asked)
    assert one.folder != other.folder
    for run in (one, other):
        run.close()


def test_nobody_paints_what_another_paints(networks: tiny.Options) -> None:
    run = Run.begin(request(tiny.dream(networks)))
    with pytest.raises(BadRequest, match="no interrupted run"):
        Run.take()
    run.close()
    Run.take(run.folder.name).close()
    with pytest.raises(BadRequest, match="no interrupted run 'fox'. There are: "):
        Run.take("fox")


@pytest.mark.parametrize("generator", ["pixels", "stack"])
def test_what_is_on_disk_is_enough_to_go_on(networks: tiny.Options, generator: str) -> None:
    dream = tiny.dream(networks, generator=generator, steps=6)
    whole = [frame.pixels for frame in frames([dream], device="cpu")]
    run = Run.begin(request(dream))
    painted_until(run, dream, 4)
    run.close()
    again = Run.take()
    assert runs.taken(again.folder) == 4
    rest = [frame.pixels for frame in frames([dream], device="cpu", kept=again.kept([0]))]
    assert len(rest) == 3 and all(torch.equal(a, b) for a, b in zip(rest, whole[4:], strict=True))
    again.close()


def test_the_plan_of_the_first_run_is_kept(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, precision="bf16", steps=4)
    run = Run.begin(request(dream))
    painted_until(run, dream, 2)
    plan = run.kept([0]).plan
    assert plan is not None and plan.bf16 and plan.threads == torch.get_num_threads() and plan.device == tiny.CPU
    assert run.kept([1]).plan is None, "another batch has not begun"
    run.close()


def test_keeping_costs_a_bounded_share_of_the_time(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, writes = [0.0], list[float]()
    monkeypatch.setattr(runs, "monotonic", lambda: clock[0])

    def slow(path: Path, data: bytes, *, overwrite: bool = False) -> Path:
        clock[0] += 0.5
        writes.append(clock[0])
        return path

    run = Run.begin(request(tiny.dream(networks)))
    monkeypatch.setattr(runs, "write_file", slow)
    dream = tiny.dream(networks, steps=40)

    def wants(step: int, steps: int) -> bool:
        clock[0] += 5
        return False

    list(frames([dream], device="cpu", kept=run.kept([0]), wants=wants))
    assert len(writes) > 3 and 0.5 * len(writes) < 0.03 * clock[0]
    run.close()


def test_a_full_disk_ends_nothing(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.begin(request(tiny.dream(networks)))

    def full(path: Path, data: bytes, *, overwrite: bool = False) -> Path:
        raise Failed(f"{str(path)!r} could not be written: No space left on device.")

    monkeypatch.setattr(runs, "write_file", full)
    last = list(frames([tiny.dream(networks)], device="cpu", kept=run.kept([0])))[-1]
    assert last.final and "No space left" in run.trouble
    run.close()


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_state_is_told_and_left(networks: tiny.Options, tenth: int) -> None:
    dream = tiny.dream(networks, steps=4)
    run = Run.begin(request(dream))
    painted_until(run, dream, 2)
    path = run.folder / "state.safetensors"
    part = path.read_bytes()[: path.stat().st_size * tenth // 10]
    path.write_bytes(part)
    with pytest.raises(BadRequest, match="is damaged .* left as it is"):
        run.kept([0])
    assert path.read_bytes() == part
    run.close()


def test_a_state_of_another_dream_is_refused(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, steps=4)
    run = Run.begin(request(dream))
    painted_until(run, dream, 2)
    run.request = request(dream.model_copy(update={"seed": 5}))
    with pytest.raises(BadRequest, match="of another dream"):
        run.kept([0])
    run.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": 99}, "newer Reverie"),
        ({"dreams": []}, "at least 1"),
        ({"steps": 3}, "no setting 'steps'"),
        ({"began": "yesterday"}, "began"),
    ],
)
def test_a_request_that_cannot_be_used_is_told(networks: tiny.Options, change: dict[str, object], told: str) -> None:
    run = Run.begin(request(tiny.dream(networks)))
    run.close()
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadRequest, match=told):
        Run.take()
    with pytest.raises(BadRequest, match=told):
        Run.take()  # it was let go of


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_broken_request_can_be_forgotten(networks: tiny.Options, text: str) -> None:
    run = Run.begin(request(tiny.dream(networks)))
    run.close()
    (run.folder / "run.json").write_text(text)
    with pytest.raises(BadRequest, match="is damaged .*--forget|cannot be used"):
        Run.take()
    runs.forget(runs.find(run.folder.name))
    assert interrupted() == []
