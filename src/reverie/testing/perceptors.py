"""The rules for perceptors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from reverie.errors import BadRequest
from reverie.parting import parts
from reverie.rng import Rng
from reverie.testing.rules import alike, apart, gradients, has, made, numbers, require, silence, untaught
from reverie.types import Literate, Perceptor

TEXTS = ("a red fox", "a castle on grass, at night", "")


def check_perceptor(
    component: str | ModuleType | Perceptor, texts: Sequence[str] = TEXTS, options: Mapping[str, Any] | None = None
) -> None:
    """Raise ``AssertionError`` for the first rule that a perceptor breaks; it is made on the CPU.

    ``texts`` are some that it can read, of which the first two mean something and differ.
    """
    with silence():
        perceptor: Perceptor = made("perceptor", component, options or {})
        has(perceptor, "A perceptor", "read", "look")
        for name in ("size", "dim"):
            value = getattr(perceptor, name, None)
            sound = isinstance(value, int) and value > 0
            require(sound, "A perceptor has `size`, the pixels along a view, and `dim`, whole numbers.", f"{name} is {value!r}")
        low, high = getattr(perceptor, "share", (0, 0))
        rule = "A perceptor has `share`: the smallest and largest part of the frame that its views cover, as (0.6, 1.1)."
        require(0 < low <= high, rule, repr((low, high)))
        _reads(perceptor, texts)
        _looks(perceptor)
        untaught(perceptor)


def _unit(found: Tensor, what: str) -> None:
    lengths = found.float().norm(dim=-1)
    far = (lengths - 1).abs().max().item()
    require(far < 1e-3, f"{what} has unit length.", f"lengths from {lengths.min():.4g} to {lengths.max():.4g}")


def _reads(perceptor: Perceptor, texts: Sequence[str]) -> None:
    read = perceptor.read(texts)
    numbers(read, (len(texts), perceptor.dim), "What is read of N texts [N, dim]")
    _unit(read, "What is read")
    require(not read.requires_grad, "Reading leaves no graph: texts are not optimised.", "it requires gradients")
    require(not torch.allclose(read[0], read[1], atol=1e-4), "Other texts are read as something else.", f"{texts[0]!r} is {texts[1]!r}")
    if isinstance(perceptor, Literate):
        counts = [perceptor.count(text) for text in ("", "fox", "a fox and a fox")]
        require(0 <= counts[0] < counts[1] < counts[2], "A longer text has more pieces by `count`.", f"it gives {counts}")
        require(perceptor.limit >= 0, "`limit` is how many pieces are read at once, or 0.", f"it is {perceptor.limit}")
        if perceptor.limit:
            whole = parts("a fox and " * perceptor.limit, perceptor.limit, perceptor.count)
            numbers(perceptor.read(whole), (len(whole), perceptor.dim), "What is read of texts that `count` finds no longer than `limit`")
    alike(perceptor.read(texts[1:2]), read[1:2], "A text is read among others as it is alone.")
    with suppress(BadRequest):  # it may be refused instead, in words
        numbers(perceptor.read(["a " * 2000 + "fox"]), (1, perceptor.dim), "What is read of a text that is too long to be read whole")


def _looks(perceptor: Perceptor) -> None:
    size, dim = perceptor.size, perceptor.dim
    views = Rng(1).uniform((3, 3, size, size), "views").requires_grad_()
    before = views.detach().clone()
    seen = perceptor.look(views)
    numbers(seen, (3, dim), "What is seen in N views [N, dim]")
    _unit(seen, "What is seen")
    require(torch.equal(views, before), "Looking leaves the views as they are.", "they were changed")
    direction = Rng(2).normal((dim,), "direction")
    rule = "What is seen is differentiable with respect to the views: finite, and not zero everywhere."
    apart(gradients((seen[1] * direction).sum(), {"the views": views}, rule), 1)
    with torch.no_grad():
        require(not torch.allclose(seen[0], seen[1], atol=1e-5), "Other views are seen as something else.", "two are seen alike")
        alike(perceptor.look(views[1:2]), seen[1:2], "A view is seen among others as it is alone.")
        first = perceptor.look(views)  # without a graph, where other kernels may be at work than with one
        perceptor.look(views * 0.1)
        require(torch.equal(perceptor.look(views), first), "The same view is seen the same, whatever was seen between.", "it differs")
        for shade in (0.0, 1.0):
            numbers(perceptor.look(torch.full((1, 3, size, size), shade)), (1, dim), "What is seen in black and in white")
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = perceptor.look(views).float()
        numbers(found, (3, dim), "What is seen under bf16 autocast")
