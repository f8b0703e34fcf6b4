"""The plan: a device that is there, and a number format that is worth it."""

from __future__ import annotations

import pytest
import torch

from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.plan import Plan, fast_bf16, pick_device, resolve

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
