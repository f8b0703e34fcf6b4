"""Memory that runs short: half as much at once, from the same step, with the same mathematics."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import CDLL
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from reverie import build
from reverie.build import Kept, frames
from reverie.course import Course
from reverie.errors import Failed
from reverie.memory import Portions, allowed, is_short, keeping
from reverie.plan import Plan
from reverie.types import Frame, Latent


@dataclass
class Narrow:
    """A perceptor or generator on a device in which no more than so many rows fit; ``tried`` are those that were asked of it."""

    inner: Any
    most: int
    tried: list[int]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def look(self, views: Tensor) -> Tensor:
        self._fit(len(views))
        found: Tensor = self.inner.look(views)
        return found

    def __call__(self, latent: Latent) -> Tensor:
        if torch.is_grad_enabled():
            self._fit(len(latent.parts[0]))
        found: Tensor = self.inner(latent)
        return found

    def _fit(self, count: int) -> None:
        self.tried.append(count)
        if count > self.most:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried {count}")


@pytest.fixture
def four(networks: tiny.Options) -> list[Any]:
    return [tiny.dream(networks, text, seed=i, generator="vqgan", steps=4, views=4) for i, text in enumerate(("a fox", "a bird", "a", "b"))]


def painted(dreams: Sequence[Any], keeper: list[dict[str, Tensor]] | None = None, state: dict[str, Tensor] | None = None) -> list[Frame]:
    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        if keeper is not None:
            keeper.append({name: value.clone() for name, value in course.state().items()})

    return list(frames(dreams, device="cpu", kept=Kept(state, keep=keep)))


def narrowed(monkeypatch: pytest.MonkeyPatch, views: int, dreams: int) -> tuple[list[int], list[int]]:
    """Every engine from now on has this little memory; gives what its perceptor and its generator were asked."""
    looks: list[int] = []
    decodes: list[int] = []
    whole = build.engine

    def narrow(*given: Any) -> Any:
        made = whole(*given)
        eyes = {name: Narrow(eye, views, looks) for name, eye in made.perceptors.items()}
        return replace(made, perceptors=eyes, generator=Narrow(made.generator, dreams, decodes))

    monkeypatch.setattr(build, "engine", narrow)
    return looks, decodes


def near(some: Sequence[Frame], others: Sequence[Frame]) -> None:
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        assert a.step == b.step and a.loss == pytest.approx(b.loss, abs=1e-5)
        assert (a.pixels.int() - b.pixels.int()).abs().max() <= 2


@pytest.mark.parametrize(("views", "dreams"), [(16, 4), (7, 4), (16, 1), (1, 1), (5, 3)])
def test_a_step_that_did_not_fit_is_made_in_portions(four: list[Any], monkeypatch: pytest.MonkeyPatch, views: int, dreams: int) -> None:
    undisturbed = painted(four)
    looks, decodes = narrowed(monkeypatch, views, dreams)
    near(painted(four), undisturbed)
    failed = [count for counts, most in ((looks, views), (decodes, dreams)) for count in counts if count > most]
    assert bool(failed) == ((views, dreams) != (16, 4)) and len(failed) <= 5, "it is found out once, not at every step"


def test_what_was_settled_outlives_the_run(four: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    looks, _ = narrowed(monkeypatch, 3, 4)
    states: list[dict[str, Tensor]] = []
    whole = painted(four, states)
    assert states[-1]["portions"].tolist() == [2, 1, 1]
    looks.clear()
    rest = painted(four, state=states[1])
    assert max(looks) <= 3, "nothing is tried again that did not fit"
    for a, b in zip(rest[-4:], whole[-4:], strict=True):
        assert torch.equal(a.pixels, b.pixels)


def test_where_nothing_fits_it_says_what_to_do(four: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    narrowed(monkeypatch, 0, 4)
    with pytest.raises(Failed, match="smaller --size"):
        painted(four)


def test_other_errors_are_not_about_memory(four: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_short(torch.OutOfMemoryError("x")) and is_short(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"))
    assert is_short(RuntimeError("MPS backend out of memory (MPS allocated: 5.56 GB, other allocations: 1.10 GB, max allowed: 6.80 GB)."))
    assert not is_short(RuntimeError("shapes do not fit")) and not is_short(MemoryError())


def test_halves_begin_at_what_was_in_use() -> None:
    assert Portions(256, 8).halved(32, 4) == Portions(16, 2, True)
    assert Portions(1, 1).halved(9, 9) == Portions(1, 1, True)
    assert Portions(1, 1, True).halved(9, 9) is None
    assert [(rows.start, rows.stop) for rows in Portions(1, 3).rows(7)] == [(0, 3), (3, 6), (6, 9)]


@pytest.mark.skipif(not Path("/proc/self/statm").exists() or not hasattr(CDLL(None), "mallopt"), reason="asks Linux, and glibc")
def test_what_is_freed_is_kept_until_the_end_where_there_is_room() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    for frugal, least, most in ((True, 0, 30e6), (False, 100e6, 200e6)):
        with keeping(Portions(1, 1, frugal)):
            before = resident()
            torch.ones(2**25)  # 128 MB, which glibc would give back at once
            assert least <= resident() - before < most
        assert resident() < before + 30e6


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("0::/job/step\n", {"job/memory.max": "4096\n", "job/step/memory.max": "max\n"}, 4096),
        ("0::/job\n", {"job/memory.max": "4096\n", "memory.max": "2048\n"}, 2048),
        ("0::/../other\n", {"memory.max": "2048\n"}, 2048),  # seen from within a container
        ("4:cpuset,memory:/docker/1\n0::/\n", {"memory/memory.limit_in_bytes": "1024\n"}, 1024),
        ("3:cpu:/a\n", {"a/memory.max": "1\n", "memory/a/memory.limit_in_bytes": "1\n"}, None),
        ("0::/\n", {"memory.max": "9223372036854771712\n"}, None),
        ("", {}, None),
    ],
)
def test_a_groups_limit_counts(tmp_path: Path, own: str, limits: dict[str, str], expected: int | None) -> None:
    machine = allowed(tmp_path / "nothing", tmp_path)
    (tmp_path / "cgroup").write_text(own)
    for name, limit in limits.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(limit)
    assert allowed(tmp_path / "cgroup", tmp_path / "groups") == (expected or machine)
