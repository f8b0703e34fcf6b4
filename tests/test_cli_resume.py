"""``reverie resume``: killed at any instant and resumed, byte for byte what it would have been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny

from reverie.cli import main

STEPS = 700
FLAGS = ["--generator", "pixels", "--size", "32", "--views", "4", "--init", "random", "--precision", "fp32", "-q"]


def command(networks: tiny.Options, out: Path) -> list[str]:
    weights = f"mini.weights={networks['mini']['weights']}"
    return [sys.executable, "-m", "reverie", "paint", "a red fox", *FLAGS, "--steps", str(STEPS), "-o", weights, "--out", str(out)]


def resume(home: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "reverie", "resume", *words], check=True, capture_output=True, text=True, env=home)
    return done.stdout


@pytest.fixture(scope="session")
def undisturbed(networks: tiny.Options, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    home = {"REVERIE_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    subprocess.run(command(networks, folder / "fox.png"), check=True, capture_output=True, env={**os.environ, **home})
    return (folder / "fox.png").read_bytes()


@pytest.mark.parametrize("kill", range(int(os.environ.get("REVERIE_KILLS", "5"))))
def test_killed_and_resumed_equals_undisturbed(networks: tiny.Options, tmp_path: Path, undisturbed: bytes, kill: int) -> None:
    """Kills fall anywhere from the imports to the last steps; a run that was not begun is begun again."""
    home = {**os.environ, "REVERIE_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    out, dice = tmp_path / "fox.png", random.Random(kill)
    process = subprocess.Popen(command(networks, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=home)
    if kill:  # wait for the first checkpoint but once, so that all is not spent on imports
        while process.poll() is None and not list(tmp_path.glob("home/data/runs/*/state.safetensors")):
            time.sleep(0.02)
    time.sleep(dice.uniform(0, 1.2))
    process.send_signal(signal.SIGKILL)
    process.wait()
    if not out.exists():
        if not list(tmp_path.glob("home/data/runs/*/run.json")):
            subprocess.run(command(networks, out), check=True, capture_output=True, env=home)
        else:
            resume(home, "-q")
    assert out.read_bytes() == undisturbed
    assert not list(tmp_path.glob("home/data/runs/*/run.json"))


def test_what_was_stopped_says_how_to_go_on(networks: tiny.Options, tmp_path: Path, undisturbed: bytes) -> None:
    home = {**os.environ, "REVERIE_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    out = tmp_path / "fox.png"
    process = subprocess.Popen(command(networks, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=home)
    while process.poll() is None and not list(tmp_path.glob("home/data/runs/*/state.safetensors")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    told, complaint = process.communicate()
    assert process.returncode == 130 and told.strip() == str(out)
    early = out.read_bytes()
    name = complaint.rpartition("reverie resume ")[2].strip()
    listed = subprocess.run(
        [sys.executable, "-m", "reverie", "resume", "--list"], check=True, capture_output=True, text=True, env=home
    ).stdout
    assert listed.startswith(name) and f"/{STEPS}  1 of 1 pictures to paint  a red fox" in listed
    path = Path(resume(home, name).strip())
    assert out.read_bytes() == early, "what was painted is not lost"
    assert path.name == "fox-2.png" and path.read_bytes() == undisturbed


def test_there_is_nothing_to_resume(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume"]) == 2
    assert "no interrupted run" in capsys.readouterr().err
    assert main(["resume", "--list"]) == 0
    assert main(["resume", "--forget"]) == 2
    assert "--forget needs the name" in capsys.readouterr().err


def test_a_request_that_cannot_be_painted_leaves_nothing_to_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint", "a fox", "--generator", "vqgan", "--size", "33", "--out", str(tmp_path)]) == 2
    assert main(["resume", "--list"]) == 0
    assert capsys.readouterr().out == ""


def test_a_run_can_be_forgotten(networks: tiny.Options, capsys: pytest.CaptureFixture[str]) -> None:
    from test_runs import request

    from reverie.runs import Run, interrupted

    run = Run.begin(request(tiny.dream(networks)))
    run.close()
    assert main(["resume", "--list"]) == 0 and run.folder.name in capsys.readouterr().out
    assert main(["resume", "--forget", run.folder.name]) == 0
    assert interrupted() == []
