"""The loop: the rate's shape, slow weights, checkpoints that are whole or absent, and going on where it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from reverie.errors import BadRequest, Failed
from reverie.train.descent import rate_at
from reverie.train.loop import Trainer, run, save_checkpoint
from reverie.train.settings import Pace, Sitting

OFTEN = Sitting(save_every=0)


class Line:
    """The smallest trainer: one linear map learns to double."""

    kind = "line"

    def __init__(self, steps: int = 20, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.pace = Pace(steps, 4, 0.1, 2)
        self.model = nn.Linear(3, 3)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=0.1)
        self.settings: dict[str, Any] = {"kind": self.kind, "steps": steps, "seed": seed}
        self.samples: list[int] = []

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "optimiser": self.optimiser}

    def draw(self, number: int) -> Tensor:
        time.sleep(0.002 * (number % 3))  # so that workers finish out of order
        return torch.randn(4, 3, generator=torch.Generator().manual_seed(number))

    def step(self, number: int, drawn: Tensor) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(number, self.pace)
        loss = (self.model(drawn) - 2 * drawn).square().mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return {"loss": loss.item()}

    def sample(self, folder: Path, number: int) -> None:
        self.samples.append(number)

    def export(self, path: Path) -> None:
        torch.save(self.model.state_dict(), path)


def state(trainer: Line) -> bytes:
    return b"".join(value.numpy().tobytes() for value in trainer.model.state_dict().values())


def stop_after(count: int) -> Any:
    left = iter(range(count - 1))
    return lambda: next(left, None) is None


def test_a_trainer_is_a_trainer() -> None:
    trainer: Trainer = Line()
    assert trainer.kind == "line"


def test_run_learns_logs_and_saves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trainer = Line(60)
    assert run(trainer, tmp_path, Sitting()) == 60
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [50, 60] and lines[1]["loss"] < 0.1 * lines[0]["loss"]
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == lines
    assert trainer.samples == [60]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last.pt", "log.jsonl", "tensorboard"]


def test_tensorboard_can_read_the_log(tmp_path: Path) -> None:
    from tensorboardX.proto.event_pb2 import Event

    run(Line(60), tmp_path, Sitting())
    data, at, told = next((tmp_path / "tensorboard").iterdir()).read_bytes(), 0, []
    while at < len(data):  # TFRecord: length, its checksum, the event, its checksum
        length = int.from_bytes(data[at : at + 8], "little")
        event = Event.FromString(data[at + 12 : at + 12 + length])
        told += [(event.step, value.tag, round(value.simple_value, 4)) for value in event.summary.value]
        at += 16 + length
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert told == [(line["step"], "loss", pytest.approx(line["loss"], abs=1e-3)) for line in lines]


@pytest.mark.parametrize("at", [1, 7, 19])
def test_stopped_and_resumed_equals_undisturbed(tmp_path: Path, at: int) -> None:
    whole = Line()
    run(whole, tmp_path / "whole", Sitting())
    assert run(Line(), tmp_path / "parts", Sitting(), stop_after(at)) == at
    resumed = Line()
    assert run(resumed, tmp_path / "parts", Sitting()) == 20
    assert state(resumed) == state(whole)


def test_workers_change_nothing(tmp_path: Path) -> None:
    alone, helped = Line(), Line()
    run(alone, tmp_path / "alone", Sitting())
    run(helped, tmp_path / "helped", Sitting(workers=3))
    assert state(alone) == state(helped)
    stopped = Line()
    assert run(stopped, tmp_path / "stopped", Sitting(workers=3), stop_after(5)) == 5


def test_a_failing_draw_is_raised_with_workers_too(tmp_path: Path) -> None:
    class Broken(Line):
        def draw(self, number: int) -> Tensor:
            raise ZeroDivisionError if number == 3 else LookupError

    with pytest.raises(LookupError):
        run(Broken(), tmp_path, Sitting(workers=2))


def test_minutes_end_a_sitting_after_a_step(tmp_path: Path) -> None:
    assert run(Line(), tmp_path, Sitting(minutes=1e-9)) == 1
    assert run(Line(), tmp_path, Sitting(minutes=1e-9)) == 2


def test_done_is_done(tmp_path: Path) -> None:
    run(Line(), tmp_path, Sitting())
    again = Line()
    assert run(again, tmp_path, Sitting()) == 20
    done = torch.load(tmp_path / "last.pt", weights_only=True)
    assert done["step"] == 20


def test_another_training_is_refused_and_left_alone(tmp_path: Path) -> None:
    run(Line(), tmp_path, Sitting(), stop_after(3))
    before = (tmp_path / "last.pt").read_bytes()
    with pytest.raises(BadRequest, match="another training: steps 20, not 30; seed 0, not 1"):
        run(Line(30, 1), tmp_path, Sitting())
    assert (tmp_path / "last.pt").read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "foreign", "pickle", "part"])
def test_a_damaged_checkpoint_is_refused_and_left_alone(tmp_path: Path, damage: str) -> None:
    run(Line(), tmp_path, Sitting(), stop_after(3))
    last = tmp_path / "last.pt"
    whole = last.read_bytes()
    content = torch.load(last, weights_only=True)
    if damage == "foreign":
        torch.save({"step": 3, "model": content["model"]}, last)
    elif damage == "pickle":
        torch.save({"step": 3, "settings": Path("a class that is not data")}, last)
    elif damage == "part":
        del content["optimiser"]
        torch.save(content, last)
    else:
        last.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "noise": bytes(range(256)) * 40}[damage])
    before = last.read_bytes()
    with pytest.raises(BadRequest, match="no checkpoint that can be gone on with"):
        run(Line(), tmp_path, Sitting())
    assert last.read_bytes() == before


def test_a_failing_save_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, here, real = tmp_path / "last.pt", threading.current_thread(), os.fsync
    save_checkpoint(path, {"step": 1})

    def full(descriptor: int) -> None:
        if threading.current_thread() is not here:  # tensorboard's writer, whose failure nobody would see in time
            return real(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(path, {"step": 2})
    assert torch.load(path, weights_only=True) == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(Failed, match="No space left on device.*as it was"):
        run(Line(), tmp_path / "other", OFTEN)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from test_train_loop import Line, OFTEN, run
from reverie.errors import Failed
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    run(Line(), Path(sys.argv[1]), OFTEN)
except Failed as error:
    print(error)
"""


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A real one: the file may not grow beyond 1500 bytes."""
    run(Line(), tmp_path, Sitting(), stop_after(2))
    before = (tmp_path / "last.pt").read_bytes()
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), str(Path(__file__).parent), *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Cannot write to {tmp_path}"), done.stderr
    assert (tmp_path / "last.pt").read_bytes() == before and not (tmp_path / "last.partial").exists()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed, match="Cannot write to"):
        run(Line(), tmp_path / "file" / "folder", Sitting())
