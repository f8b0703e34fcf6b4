"""The peers' environment sees what lies beneath it; making one by pip is left to the benchmark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import reverie
from reverie.bench import venv
from reverie.errors import Failed


def test_its_own_packages_come_first_and_reveries_after_them(tmp_path: Path) -> None:
    made = venv.Venv(tmp_path / "venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made.folder)], check=True)
    made.see_beneath()
    (made.packages / "numpy.py").write_text("mine = True")
    done = subprocess.run([made.python, "-c", "import reverie, safetensors, numpy; print(numpy.mine, reverie.__file__)"],
                          env={"PATH": ""}, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.split() == ["True", reverie.__file__]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    made, said = venv.Venv(tmp_path / "venv"), list[str]()
    made.packages.mkdir(parents=True)
    stamp = "\n".join((sys.version.replace("\n", " "), *venv.PACKAGES, *venv.ON_CUDA))
    (made.folder / ".ready").write_text(stamp + "\n")
    assert made.ready(True, said.append) is made and made.ready(False, said.append) is made
    assert not said and (made.packages / "beneath.pth").exists()


def test_pip_never_brings_torchvision() -> None:
    assert not any("vision" in name or name.startswith("torch=") for name in (*venv.PACKAGES, *venv.ON_CUDA))


def test_why_it_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "venv").write_text("a file in the way")
    with pytest.raises(Failed, match="the peers' environment cannot be made: .*"):
        venv.Venv(tmp_path / "venv").ready(False, print)
