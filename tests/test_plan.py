"""The plan: a device that is there, and a number format that is worth it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.plan import Plan, exactly, fast_bf16, pick_device, resolve
from reverie.transfer import exact_place

CPU = torch.device("cpu")


def test_the_cpu_is_always_there() -> None:
    assert pick_device("cpu") == CPU
    assert pick_device("auto").type in ("cpu", "cuda", "mps")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "", "meta", "xpu", "cpu:x", "cuda:-1"])
def test_a_device_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(BadRequest, match=r"There is no device .* There are: .*cpu"):
        pick_device(name)


def test_the_dream_may_insist_on_a_format() -> None:
    assert not resolve(Dream("a fox", precision="fp32"), "cpu").bf16
    assert resolve(Dream("a fox", precision="bf16"), "cpu").bf16
    assert resolve(Dream("a fox"), "cpu").bf16 == fast_bf16(CPU)


def test_bf16_is_left_alone_where_it_is_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, fast in (({}, False), ({"avx2": True}, False), ({"avx512_bf16": True}, True), ({"amx_bf16": True}, True)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=found: found, raising=False)
        assert fast_bf16(CPU) == fast
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not fast_bf16(CPU)
    assert not fast_bf16(torch.device("mps"))


@pytest.mark.parametrize("bf16", [True, False])
def test_autocast_as_planned(bf16: bool) -> None:
    weight = torch.randn(4, 4)
    with Plan(CPU, bf16, 8).autocast():
        assert (weight @ weight).dtype == (torch.bfloat16 if bf16 else torch.float32)


@pytest.fixture
def as_it_was() -> Iterator[None]:
    was = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    yield
    torch.use_deterministic_algorithms(was[0])
    torch.backends.cudnn.benchmark = was[1]


def test_the_same_pixels_every_time_are_part_of_the_plan(as_it_was: None) -> None:
    """So that a run that is gone on with, in a process that was not asked, paints as it began."""
    asked = resolve(Dream("a fox"), "cpu")
    assert not asked.exact
    torch.use_deterministic_algorithms(True)
    exact = resolve(Dream("a fox"), "cpu")
    assert exact.exact
    torch.use_deterministic_algorithms(False)
    cuda = torch.device("cuda")
    with replace(exact, device=cuda).tuned():
        assert torch.are_deterministic_algorithms_enabled() and not torch.backends.cudnn.benchmark
        assert exact_place(cuda) == CPU
    with replace(asked, device=cuda).tuned():
        assert not torch.are_deterministic_algorithms_enabled() and torch.backends.cudnn.benchmark
        assert exact_place(cuda) == cuda
    assert not torch.are_deterministic_algorithms_enabled() and not torch.backends.cudnn.benchmark
    assert (exact_place(CPU), exact_place(torch.device("mps"))) == (CPU, CPU)


def test_a_cpu_need_not_be_told_to_be_exact(as_it_was: None) -> None:
    exactly("cpu")
    assert not torch.are_deterministic_algorithms_enabled()
