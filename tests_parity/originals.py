"""Code of the originals, run from a checkout of one's own beside Reverie's presets; none of it is part of this repository.

A checkout is named by an environment variable (REVERIE_VQGAN_CLIP, REVERIE_TAMING, REVERIE_BIG_SLEEP, REVERIE_DEEP_DAZE); without one, its
tests are skipped. Definitions are taken out of the files by name, since importing the files starts a program or loads a GPU.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from reverie.build import Kept, frames
from reverie.course import Course
from reverie.dream import Dream
from reverie.plan import Plan
from reverie.rng import Rng

Near = Callable[[str, Tensor, Tensor, float], None]  # what is compared, found, wanted, limit


def checkout(name: str) -> Path:
    """The folder of an original; skips the test where there is none."""
    folder = os.environ.get(f"REVERIE_{name}", "")
    if not folder:
        pytest.skip(f"REVERIE_{name}=FOLDER names a checkout of the original")
    return Path(folder)


def definitions(path: Path, wanted: Sequence[str], around: dict[str, Any]) -> SimpleNamespace:
    """Functions, classes and assignments of these names, run with ``around`` as their globals."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kept = [node for node in tree.body if _named(node) & set(wanted)]
    exec(compile(ast.Module(kept, []), str(path), "exec"), around)
    return SimpleNamespace(**{name: around[name] for name in wanted})


def _named(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    return {target.id for target in node.targets if isinstance(target, ast.Name)} if isinstance(node, ast.Assign) else set()


class Dice:
    """torch, but for the functions by which an original draws: these give what Reverie drew, in the original's order."""

    def __init__(self) -> None:
        self.queue: dict[str, list[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def load(self, **draws: list[Any]) -> None:
        self.queue = {name: list(values) for name, values in draws.items()}

    def next(self, name: str) -> Any:
        return self.queue[name].pop(0)

    def rand(self, shape: Any) -> Tensor:
        return torch.tensor(self.next("rand"))

    def randint(self, low: int, high: int, shape: Any) -> Tensor:
        draws = self.next("randint")
        return torch.tensor(draws if isinstance(draws, list) else low + int(draws * (high - low)))

    def randn_like(self, like: Tensor) -> Tensor:
        return self.next("randn_like")  # type: ignore[no-any-return]


@contextmanager
def uniform(values: list[Tensor]) -> Iterator[None]:
    """``Tensor.uniform_`` fills with what Reverie drew, scaled to its range."""
    own = Tensor.uniform_

    def filled(self: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
        return self.copy_(low + (high - low) * values.pop(0))

    Tensor.uniform_ = filled  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Tensor.uniform_ = own  # type: ignore[method-assign]


class Seeded(torch.nn.Module):
    """kornia's augmentations of an original, with the dice loaded as Reverie loads them."""

    def __init__(self, inner: torch.nn.Module, rng: Rng) -> None:
        super().__init__()
        self.inner, self.rng, self.at = inner, rng, 0

    def forward(self, views: Tensor) -> Tensor:
        torch.manual_seed(self.rng.key("augments", self.at))
        return self.inner(views)  # type: ignore[no-any-return]


def losses(dream: Dream) -> tuple[list[float], list[tuple[Tensor, ...]]]:
    """Reverie's loss before each step, and the latent's parts after each."""
    parts: list[tuple[Tensor, ...]] = []
    found: list[float] = []

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        if not leaving:
            parts.append(tuple(part.detach().clone() for part in course.latent.parts))
            found.append(sum(term.item() for term in course.terms.values()))

    for _ in frames([dream], wants=lambda step, steps: False, kept=Kept(keep=keep), device="cpu"):
        pass
    return found, parts
