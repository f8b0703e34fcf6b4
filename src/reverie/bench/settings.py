"""What ``reverie bench quality`` is told; no torch here, so that the command line can read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reverie.bench.prompts import PROMPTS
from reverie.errors import BadRequest


@dataclass(frozen=True)
class Exam:
    """Who is examined, by whom, and where what was seen is left."""

    generator: tuple[str, ...] = ("stack", "vqgan", "biggan", "progan")
    """what paints; given several times, they are compared"""
    init: tuple[str, ...] = ("sketch", "sample")
    """where paintings start, as for `reverie paint`; given several times, they are compared"""
    judge: str = "mini"
    """'mini' (built in) or a judge.safetensors; it never guides"""
    limit: int = len(PROMPTS)
    """paint only so many of the hundred prompts; 0 paints none"""
    originals: int = 8
    """how many of them VQGAN-CLIP's own algorithm paints, 500 steps each, 128x128"""
    data: Path | None = None
    """folder that `reverie train data` wrote to; Reverie's cache by default"""
    out: Path = Path("quality")
    """folder for the contact sheets"""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps"""

    def __post_init__(self) -> None:
        for name in ("limit", "originals"):
            if getattr(self, name) < 0:
                raise BadRequest(f"--{name} {getattr(self, name)}: must be 0 or above.")
