"""The environment in which the peers run: made once by pip in Reverie's cache, on top of the one that Reverie runs in, so that
torch is there once and is the same on both sides."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from reverie.bench.process import HERE
from reverie.errors import Failed
from reverie.paths import cache_dir

# Installed with --no-deps: no other torch comes with them, and never torchvision, of which no build fits most torches.
PACKAGES = (
    "deep-daze==0.11.1", "siren-pytorch==0.1.7", "einops==0.8.2", "torch-optimizer==0.3.0", "pytorch-ranger==0.1.1",
    "imageio==2.38.1", "ftfy==6.3.1", "wcwidth==0.9.4", "regex==2026.11.19", "tqdm==4.70.1", "kornia==0.9.0", "kornia_rs==0.2.0",
    "packaging==26.3",
)  # fmt: skip
ON_CUDA = ("big-sleep==0.9.1",)


class Venv:
    """A folder with a Python of its own, which sees what is beneath it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", vars={"base": str(self.folder), "platbase": str(self.folder)}))

    @property
    def merges(self) -> Path:
        """CLIP's list of merges, which deep-daze brings."""
        return self.packages / "deep_daze" / "data" / "bpe_simple_vocab_16e6.txt"

    def ready(self, cuda: bool, say: Callable[[str], None]) -> Venv:
        """Itself, made or mended where it must be; raises ``Failed`` where pip cannot."""
        wanted = PACKAGES + (ON_CUDA if cuda else ())
        stamp, state = self.folder / ".ready", [sys.version.replace("\n", " "), *wanted]
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.folder}.lock"):
            if not stamp.exists() or not set(state) <= set(stamp.read_text(encoding="utf-8").splitlines()):
                say(f"making the peers' environment in {self.folder} ...")
                _run([sys.executable, "-m", "venv", "--clear", str(self.folder)])
                _run([str(self.python), "-m", "pip", "install", "-q", "--no-deps", *wanted])
                stamp.write_text("\n".join(state) + "\n", encoding="utf-8")
            self.see_beneath()
        return self

    def see_beneath(self) -> None:
        """After its own packages come those of this environment, and Reverie, wherever it is."""
        packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
        beneath = dict.fromkeys((*packages, HERE))
        (self.packages / "beneath.pth").write_text("\n".join(beneath) + "\n", encoding="utf-8")


def venv(cuda: bool, say: Callable[[str], None]) -> Venv:
    return Venv(cache_dir() / "peers" / "venv").ready(cuda, say)


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise Failed(f"the peers' environment cannot be made: {error}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Failed(f"the peers' environment cannot be made: {' '.join(words[:5])} ... ended with {' '.join(last) or done.returncode}")
