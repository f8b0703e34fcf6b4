"""What a writer is told; no torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.errors import BadRequest

GRAMMAR = "grammar"
# What the articles of 2021 call it, and what Hugging Face's hub does.
KNOWN: Mapping[str, str] = {"gpt-j": "EleutherAI/gpt-j-6B", "gpt-j-6b": "EleutherAI/gpt-j-6B"}


@dataclass(frozen=True)
class Writing:
    """What to write, and who writes it."""

    count: int = 8
    """how many prompts"""
    engine: str = GRAMMAR
    """who writes: 'grammar', 'gpt-j', a language model's folder or its name at Hugging Face's hub, or http://... of an OpenAI-like API"""
    seed: int = 0
    """the same seed writes the same"""
    grammar: str | None = None
    """'taught' (words that the built-in models know; the default for mini), 'whole' (all of the library), or a YAML file of your own"""
    examples: Path | None = None
    """file of prompts, one a line, that show a language model what is wanted, instead of ours"""
    perceptor: str = "mini"
    """whoever is to read the prompts: what is longer than it reads is dropped"""
    model: str | None = None
    """which of an address's models; its first by default"""
    download: bool = False
    """fetch a language model that is not here"""
    device: str = "auto"
    """of a language model: auto, cpu, cuda, cuda:1, mps"""
    timeout: float = 120.0
    """seconds to wait for an address"""

    def __post_init__(self) -> None:
        if self.count < 1 or self.timeout <= 0:
            name, number = ("count", self.count) if self.count < 1 else ("timeout", self.timeout)
            raise BadRequest(f"--{name} {number}: must be {'1 or above' if name == 'count' else 'above 0'}.")


@dataclass(frozen=True)
class Sampling:
    """How a language model chooses its words."""

    temperature: float = 0.8
    """how daring a language model is: below 1 likely words, above 1 unlikely ones"""
    top_p: float = 0.9
    """choose among the likeliest words that make up this share"""
    top_k: int = 0
    """choose among so many of the likeliest words; 0 is all"""
    repetition_penalty: float = 1.0
    """above 1, words that were said already are less likely"""
    length: int = 60
    """tokens that a prompt may have, at most"""

    def __post_init__(self) -> None:
        for name, fine, wanted in (
            ("temperature", self.temperature > 0, "above 0"),
            ("top-p", 0 < self.top_p <= 1, "above 0 and at most 1"),
            ("top-k", self.top_k >= 0, "0 or above"),
            ("repetition-penalty", self.repetition_penalty > 0, "above 0"),
            ("length", self.length >= 1, "1 or above"),
        ):
            if not fine:
                raise BadRequest(f"--{name} {getattr(self, name.replace('-', '_'))}: must be {wanted}.")
