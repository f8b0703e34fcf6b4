"""The facts on which figures depend: the machine, the day, torch."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path


def machine(device: str) -> dict[str, str]:
    """``device`` (a GPU's name, or a processor's with its cores and its fast bf16), ``torch``, ``python`` and ``date``."""
    import torch

    kind = torch.device(device).type
    name = torch.cuda.get_device_name(device) if kind == "cuda" else f"{_processor()}, {cores()} cores, {_bf16()}"
    return {
        "device": name,
        "kind": kind,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
    }


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _lines() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _processor() -> str:
    names = [line.partition(":")[2].strip() for line in _lines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _bf16() -> str:
    flags = {word for line in _lines() if line.startswith("flags") for word in line.split()}
    return " and ".join(name for name in ("avx512_bf16", "amx_bf16") if name in flags) or "no fast bf16"
