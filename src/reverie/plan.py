"""How to run on this machine: device, number format, how many views at once. Resolved once, before the first step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from reverie.dream import Dream
from reverie.errors import BadRequest


@dataclass(frozen=True)
class Plan:
    """``bf16``: run networks under autocast. ``chunk``: views that a perceptor looks at together. ``threads``: of torch,
    which add up in another order when they are more. ``exact``: the same pixels every time on CUDA, which is slower.
    """

    device: torch.device
    bf16: bool
    chunk: int
    threads: int = 1
    exact: bool = False

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16)

    @contextmanager
    def tuned(self) -> Iterator[None]:
        """While a dream is painted, whose shapes come again and again, cuDNN tries its convolutions and takes the fastest of each; or
        torch takes what adds up in the same order every time.
        """
        was = torch.backends.cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
        torch.backends.cudnn.benchmark = self.device.type == "cuda" and not self.exact
        _repeat(self.exact)
        try:
            yield
        finally:
            torch.backends.cudnn.benchmark = was[0]
            _repeat(was[1])


def resolve(dream: Dream, device: str = "auto", chunk: int = 256) -> Plan:
    """The plan for a dream; raises ``BadRequest`` for a device that is not there."""
    place = pick_device(device)
    bf16 = dream.precision == "bf16" or (dream.precision == "auto" and fast_bf16(place))
    return Plan(place, bf16, chunk, torch.get_num_threads(), torch.are_deterministic_algorithms_enabled())


def _repeat(exact: bool) -> None:
    """Only where it is to change, since torch imports its compiler for it."""
    if torch.are_deterministic_algorithms_enabled() != exact:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS's condition (torch.use_deterministic_algorithms says so)
        torch.use_deterministic_algorithms(exact)


def exactly(device: str) -> None:
    """From here on this process paints the same pixels every time on CUDA, too; elsewhere it does so anyway."""
    if pick_device(device).type == "cuda":
        _repeat(True)


def pick_device(name: str) -> torch.device:
    """``auto`` takes CUDA, then MPS, then the CPU."""
    there = ["cpu"]
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    elif torch.backends.mps.is_available():
        there.insert(0, "mps")
    if name == "auto":
        return torch.device(there[0])
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadRequest(f"There is no device {name!r}. There are: {', '.join(there)}.") from error
    if device.type not in there or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise BadRequest(f"There is no device {name!r} on this machine. There are: {', '.join(there)}.")
    return device


def fast_bf16(device: torch.device) -> bool:
    """Whether bf16 is worth it: on CUDA that has it, on CPUs with AVX512-BF16 or AMX (elsewhere it is emulated)."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        found: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # not in every torch
        return any(found.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False
