"""A pytest plug-in by which Reverie, where it says ``cuda``, means the stand-in: ``PYTHONPATH=tests_apart:tests pytest -p apart``.

Reverie's sources stay as they are; the name is exchanged while they are read, in this process alone. With ``REVERIE_APART=mps`` it
is that name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from device import KIND, NAME, TRAFFIC, Apart, Module, Traffic
from torch import Tensor
from torch.utils._pytree import tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

aten = torch.ops.aten
# What has no tensor of the device among what it is given, from which all else is made.
FACTORIES = (
    "empty.memory_format", "empty_strided", "arange", "arange.start", "arange.start_step", "linspace", "logspace", "eye", "eye.m",
    "fft_fftfreq", "fft_rfftfreq", "randperm", "randperm.generator", "tril_indices", "triu_indices", "scalar_tensor",
)  # fmt: skip
# What CUDA's autocast does in bf16, as far as Reverie's networks do it.
LOWER = ("conv2d", "conv_transpose2d.input", "linear", "matmul", "mm", "bmm", "addmm", "baddbmm", "scaled_dot_product_attention")
RENAMED = ("reverie", "kornia")  # kornia, too, sends to CUDA without waiting, and to no other device


class Renaming(SourceFileLoader):
    """Reads a module's source with the stand-in's name in it; nothing is kept on the disk."""

    def get_data(self, path: str) -> bytes:
        read = super().get_data(path).decode()
        return read.replace(f'"{KIND}"', f'"{NAME}"').replace(f"torch.{KIND}.", f"torch.{NAME}.").encode()

    def get_code(self, fullname: str) -> Any:
        return self.source_to_code(self.get_data(self.path), self.path)


class Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name.split(".")[0] in RENAMED else None
        if spec and spec.origin and type(spec.loader) is SourceFileLoader:
            spec.loader = Renaming(name, spec.origin)
        return spec


class Generator(torch._C.Generator):
    """The device draws as the CPU does."""

    def __new__(cls, device: Any = "cpu") -> Generator:
        return super().__new__(cls, torch.device("cpu") if torch.device(device).type == NAME else device)  # type: ignore[call-arg]


def _operation(name: str) -> Any:
    first, _, overload = name.partition(".")
    return getattr(getattr(aten, first), overload or "default")


def _factory(name: str) -> Callable[..., Tensor]:
    def made(*given: Any, device: Any = None, layout: Any = None, pin_memory: Any = None, **kind: Any) -> Tensor:
        return Apart(_operation(name)(*given, device="cpu", **kind))

    return made


def _lower(name: str) -> Callable[..., Tensor]:
    without = torch._C.DispatchKeySet(torch._C._dispatch_key_parse("AutocastPrivateUse1"))

    def low(thing: Any) -> Any:
        return thing.to(torch.bfloat16) if isinstance(thing, Tensor) and thing.dtype == torch.float32 else thing

    def cast(*given: Any, **named: Any) -> Tensor:
        with torch._C._ExcludeDispatchKeyGuard(without):
            found: Tensor = _operation(name)(*tree_map(low, given), **tree_map(low, named))
        return found

    return cast


def _install() -> list[torch.library.Library]:
    """Make torch know the device, and Reverie mean it; gives what has to be kept for as long."""
    _setup_privateuseone_for_python_backend(NAME, Module)
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(..., device=...) would go past Python otherwise
    torch.backends.mps.is_available = lambda: KIND == "mps"  # type: ignore[assignment]
    torch.Generator = Generator  # type: ignore[misc]
    Tensor.pin_memory = lambda tensor, device=None: tensor.clone()  # type: ignore[method-assign, assignment]
    kept = torch.library.Library("aten", "IMPL"), torch.library.Library("_", "IMPL")
    kept[1].fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
    for name in FACTORIES:
        kept[0].impl(name, _factory(name), "PrivateUse1")
    for name in LOWER:
        kept[0].impl(name, _lower(name), "AutocastPrivateUse1")
    assert not any(name.split(".")[0] == "reverie" for name in sys.modules), "Reverie was read before it could mean the stand-in"
    sys.meta_path.insert(0, Finder())
    return list(kept)


KEPT = _install()


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    """What goes to and fro in this test."""
    TRAFFIC.land()
    TRAFFIC.waited.clear()
    TRAFFIC.sent = TRAFFIC.recorded = 0
    yield TRAFFIC


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one thread; tests of ``tests`` have their own of this name."""
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path / "home"))
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import tiny  # which needs Reverie

    return tiny.save(tmp_path_factory.mktemp("networks"))
