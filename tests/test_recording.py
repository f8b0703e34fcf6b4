"""Recordings: what a CUDA graph does to whoever keeps what it gave, done on the CPU, where there is none.

A graph reads from, and writes to, the same places at every play, there and back. So does ``placed``, and a painting
with it has to be the painting without. That CUDA itself records what we give it can only be seen there (scripts/gpu_bench.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import tiny
import torch
from placed import placed
from torch import Tensor

from reverie import begin
from reverie.course import Course
from reverie.memory import Portions
from reverie.optimisers import optimiser
from reverie.plan import Plan
from reverie.recording import AFTER, MOST, Recorder, Run
from reverie.render import render
from reverie.step import Engine


def painted(networks: tiny.Options, recorder: Recorder, chunk: int, **fields: Any) -> tuple[list[Tensor], Engine]:
    """Every picture on the way and the final ones, of two dreams."""
    dreams = [tiny.dream(networks, text, seed=i, steps=8, **fields) for i, text in enumerate(("a fox | a castle", "a bird"))]
    engine = replace(tiny.engine(dreams, chunk), recorder=recorder)
    latent = begin.start(engine, dreams, Plan(tiny.CPU, False, chunk))
    course = Course.begin(latent, optimiser("adam", latent.parts, engine.generator.rate))
    shown = list(render(engine, course, 8))  # kept to the end: later steps may not change them
    return [one.pixels for one in shown] + [one.losses["resemblance"] for one in shown], engine


@pytest.mark.parametrize("generator", ["vqgan", "biggan", "progan", "pixels"])
@pytest.mark.parametrize("chunk", [256, 3])
def test_a_painting_by_recordings_is_the_painting(networks: tiny.Options, generator: str, chunk: int) -> None:
    recorder = Recorder("cpu", placed)
    plain, _ = painted(networks, Recorder(), chunk, generator=generator)
    played, engine = painted(networks, recorder, chunk, generator=generator)
    assert all(torch.equal(one, other) for one, other in zip(plain, played, strict=True))
    shapes = 1 if chunk == 256 else 2  # the last portion of the views is smaller
    assert len(recorder.kept) == shapes + (generator != "pixels"), "pixels are not steady, and not worth it"
    with engine.within(Portions(2, 1)).recorder:
        assert recorder.kept, "as much at once makes another shape, not another recording of this one"
    assert not recorder.kept


def times(x: Tensor) -> Tensor:
    return x * 2


def leaf(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)).requires_grad_()


def test_a_shape_is_recorded_once_it_came_again_as_long_as_there_are_few() -> None:
    recorder = Recorder("cpu", placed)
    for _ in range(AFTER):
        recorder("twice", times, leaf(3))
    assert not recorder.kept
    for size in range(1, MOST + 4):
        for _ in range(AFTER + 1):
            assert torch.equal(recorder("twice", times, leaf(size)), 2 * leaf(size))
    assert [shape[1][0] for shape in recorder.kept] == [(size,) for size in range(1, MOST + 1)]


def test_what_it_gave_stays_as_it_is() -> None:
    recorder = Recorder("cpu", placed)
    for _ in range(AFTER + 1):
        recorder("twice", times, leaf(3))
    first, second = leaf(3), (3 * leaf(3)).detach().requires_grad_()
    shown = recorder("twice", times, first)
    shown.sum().backward()
    later = recorder("twice", times, second)
    (5 * later).sum().backward()
    assert torch.equal(shown, 2 * first) and torch.equal(later, 2 * second)
    assert first.grad is not None and first.grad.tolist() == [2] * 3


@pytest.mark.parametrize("what", ["refused", "short", "wrong", "wrong later", "no gradient"])
def test_what_cannot_be_recorded_is_called_as_ever(what: str) -> None:
    def graph(run: Run, samples: tuple[Tensor, ...]) -> Run:
        if what == "refused":
            raise RuntimeError("operation not permitted when stream is capturing")
        if what == "short":
            raise torch.OutOfMemoryError("CUDA out of memory.")
        calls: list[int] = []

        def played(*given: Tensor) -> Tensor:
            calls.append(1)
            spoilt = what == "wrong" or len(calls) > 1
            return run(*(one.detach().requires_grad_() for one in given)) if what == "no gradient" else run(*given) * (3 if spoilt else 1)

        return played

    recorder = Recorder("cpu", graph)
    for _ in range(AFTER + 3):
        given = leaf(5)
        found = recorder("twice", times, given)
        found.sum().backward()
        assert torch.equal(found, 2 * given) and given.grad is not None and (given.grad == 2).all()
    assert not recorder.kept
    recorder.graph = placed
    assert torch.equal(recorder("twice", times, leaf(5)), 2 * leaf(5)) and not recorder.kept, "and nothing else is tried"


def test_without_gradients_or_elsewhere_nothing_is_recorded() -> None:
    elsewhere, here = Recorder("cuda", placed), Recorder("cpu", placed)
    for _ in range(AFTER + 2):
        elsewhere("twice", times, leaf(5))
        here("twice", times, leaf(5).detach())
        with torch.no_grad():
            here("twice", times, leaf(5))
    assert not elsewhere.kept and not here.kept
