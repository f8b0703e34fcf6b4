"""The work that peers do beside Reverie, and what ``reverie bench peers`` is told; no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie import presets
from reverie.dream import Dream
from reverie.errors import BadRequest, unknown

PROMPT = "a red apple on a blue background"
# What a checkout holds that makes it one, and whose it is.
CHECKOUTS: Mapping[str, tuple[str, str]] = {
    "vqgan-clip": ("generate.py", "nerdyrodent/VQGAN-CLIP"),
    "taming": ("taming/models/vqgan.py", "CompVis/taming-transformers"),
    "clip": ("clip/clip.py", "openai/CLIP"),
}


@dataclass(frozen=True)
class Work:
    """One row: what a peer paints, and the dream by which Reverie's preset of the peer's name paints the same."""

    name: str
    what: str
    """with a place for the side"""
    peer: str
    devices: tuple[str, ...]
    side: int
    views: int
    group: int = 0
    """views of one of the peer's looks, where its step takes several"""
    batch: int = 1
    """dreams that Reverie paints at once; the peer paints one"""

    def about(self, side: int | None = None) -> str:
        """What is painted, at this side or its own."""
        return self.what.format(side or self.side)

    @property
    def steps(self) -> int:
        """of a whole picture, by the preset"""
        return int(presets.fields(self.peer)["steps"])

    def dreams(self, files: Mapping[str, str], side: int | None = None) -> list[Dream]:
        """What Reverie paints, by networks from files; no judge looks on, since the peer has none."""
        options: dict[str, Any] = {"clip": {"weights": files["clip"], "merges": files["merges"]}}
        if self.peer == "vqgan-clip":
            options["vqgan"] = {"weights": files["vqgan"], "config": files["config"]}
        if self.peer == "big-sleep":
            options["biggan"] = {"weights": files["biggan"]}
        if self.group:
            options["resemblance"] = {"group": self.group}
        given = {"size": side or self.side, "views": self.views, "judge": "none", "perceptors": ["clip"], "options": options}
        fields = presets.over(presets.fields(self.peer), given)
        return [Dream(PROMPT, seed=seed, **fields) for seed in range(self.batch)]


VQGAN = "VQGAN f16 {0}x{0}, ViT-B/32, 32 views"
WORKS = (
    Work("vqgan", VQGAN, "vqgan-clip", ("cpu", "cuda"), 256, 32),
    Work("vqgan-16", VQGAN + ", batch 16", "vqgan-clip", ("cuda",), 256, 32, batch=16),
    Work("siren-512", "SIREN {0}x{0}, ViT-B/32, 4 times 4 views", "deep-daze", ("cuda",), 512, 16, group=4),
    Work("biggan-512", "BigGAN-deep {0}x{0}, ViT-B/32, 128 views", "big-sleep", ("cuda",), 512, 128),
    Work("siren-256", "SIREN {0}x{0}, 16 layers of 256, ViT-B/32, 4 views", "deep-daze", ("cpu",), 256, 4, group=4),
)


@dataclass(frozen=True)
class Rivals:
    """Who is measured beside Reverie, and how often."""

    vqgan_clip: Path | None = None
    """a checkout of nerdyrodent/VQGAN-CLIP, with --taming and --clip"""
    taming: Path | None = None
    """a checkout of CompVis/taming-transformers"""
    clip: Path | None = None
    """a checkout of openai/CLIP"""
    work: tuple[str, ...] | None = None
    """only these rows: vqgan, vqgan-16, siren-512, biggan-512, siren-256"""
    turns: int = 3
    """how often each side has its turn; the ratio is the median over turns"""
    steps: int | None = None
    """steps that count in each turn, after those that warm up; 3, on CUDA 30"""
    size: int | None = None
    """another side of the pictures than the rows', for a quick trial"""
    keep: Path | None = None
    """file of what was measured so far; a benchmark that was stopped goes on from it"""
    device: str = "auto"
    """auto, cpu, cuda"""

    def __post_init__(self) -> None:
        for name, number in (("turns", self.turns), ("steps", self.steps)):
            if number is not None and number < 1:
                raise BadRequest(f"--{name} {number}: must be 1 or above.")
        if self.size is not None and (self.size < 64 or self.size % 16):
            raise BadRequest(f"--size {self.size}: must be a multiple of 16, and 64 or above.")
        if self.device not in ("auto", "cpu", "cuda"):
            raise BadRequest(f"--device {self.device}: peers run on cpu or cuda; CUDA_VISIBLE_DEVICES chooses among several cards.")
        for name in self.work or ():
            if name not in [one.name for one in WORKS]:
                raise unknown("row", name, [one.name for one in WORKS])
        self.checkouts()

    @property
    def works(self) -> list[Work]:
        return [work for work in WORKS if not self.work or work.name in self.work]

    def checkouts(self) -> dict[str, str]:
        """Where the three checkouts lie, or nothing where none is given; raises ``BadRequest`` for what is none."""
        given = {"vqgan-clip": self.vqgan_clip, "taming": self.taming, "clip": self.clip}
        if not any(given.values()):
            return {}
        for name, path in given.items():
            file, whose = CHECKOUTS[name]
            if path is None:
                there = ", ".join(f"--{one}" for one, where in given.items() if where)
                raise BadRequest(f"{there} without --{name}: VQGAN-CLIP needs it too, a checkout of {whose}.")
            if not (path / file).is_file():
                raise BadRequest(f"--{name} {path} is no checkout of {whose}: there is no {file} in it.")
        return {name: str(path.absolute()) for name, path in given.items() if path}
