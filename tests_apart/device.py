"""A stand-in for CUDA, or for MPS, where there is none: a device of its own, ``apart``, whose tensors hold the CPU's.

Whoever mixes its tensors with the CPU's fails, and whoever asks for what torch has no kernel for there; all else gives what it gives on
the CPU. What need not be waited for comes late: a copy to the CPU that nobody waits for is made at the last moment, of what is there by
then, and spoilt where the tensor was let go of without ``record_stream``. What was waited for, and what was sent without waiting, is
counted. How fast a GPU is, and what its kernels and graphs give, is not to be seen here.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from kernels import there
from torch import Tensor
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map

NAME = "apart"
KIND = os.environ.get("REVERIE_APART", "cuda")  # what it stands in for: cuda or mps
aten = torch.ops.aten
ROOM = 8 << 30  # bytes that it says are free


@dataclass
class Coming:
    """A copy to the CPU that is under way."""

    place: Tensor
    source: Tensor
    owner: weakref.ref[Tensor]
    reserved: bool = False  # the owner's memory, by ``record_stream``
    here: bool = False

    def land(self) -> None:
        if self.here:
            return
        if self.reserved or self.owner() is not None:
            self.place.copy_(self.source)
        self.here = True  # or it stays spoilt: the memory is another's by now


@dataclass
class Traffic:
    """``waited`` says what the CPU waited for; ``sent`` counts what left it without; ``recorded`` counts recordings made."""

    waited: list[str] = field(default_factory=list)
    sent: int = 0
    recorded: int = 0
    coming: list[Coming] = field(default_factory=list)

    def wait(self, what: str) -> None:
        self.waited.append(what)
        self.land()

    def land(self) -> None:
        for one in self.coming:
            one.land()
        self.coming.clear()


TRAFFIC = Traffic()


def _spoil(place: Tensor) -> None:
    place.fill_(float("nan") if place.is_floating_point() else 1)


class Apart(Tensor):
    """A tensor on the device; ``held`` is what it is on the CPU."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> Apart:
        if KIND == "mps" and held.dtype in (torch.float64, torch.complex128):
            raise TypeError("the MPS framework doesn't support float64")
        place = torch.device(f"{NAME}:0")
        made: Apart = Tensor._make_wrapper_subclass(
            cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype, device=place
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        return _done(func, args, kwargs or {})

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    def __repr__(self) -> str:  # type: ignore[override]
        return f"Apart({self.held!r})"

    def tolist(self) -> Any:  # torch has none for subclasses
        return self.cpu().tolist()

    def untyped_storage(self) -> torch.UntypedStorage:
        return self.held.untyped_storage()

    def numpy(self, *, force: bool = False) -> Any:
        raise TypeError("a tensor of the device is no array: copy it to the CPU first")

    def record_stream(self, stream: object) -> None:
        for one in TRAFFIC.coming:
            one.reserved = one.reserved or one.owner() is self


def _held(thing: Any) -> Any:
    if isinstance(thing, Apart):
        return thing.held
    return torch.device("cpu") if isinstance(thing, torch.device) and thing.type == NAME else thing


# Whose result the CPU has to see before it goes on: a number, or how large it is.
WAITS = {"_local_scalar_dense", "equal", "nonzero", "is_nonzero", "_unique2", "unique_dim", "masked_select", "bincount"}


def _asks(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    if name == "repeat_interleave":
        return kwargs.get("output_size") is None
    chosen = any(place is not None and place.dtype == torch.bool for place in _places(name, args))
    return name in WAITS or (chosen and not (name != "index" and args[2].numel() == 1))  # one number for all is a masked_fill


def _places(name: str, args: Any) -> list[Any]:
    """What stands in the brackets of ``x[i, j]``, which may be the CPU's, and is waited for then."""
    return list(args[1]) if name in ("index", "index_put", "index_put_", "_index_put_impl_") else []


def _done(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """An operation with a tensor of the device among what it is given."""
    if func is aten._to_copy.default:
        return _copied(*args, **kwargs)
    if func is aten.copy_.default:
        return _written(*args, **kwargs)
    name = func.overloadpacket.__name__
    if not there(func.name().removeprefix("aten::"), KIND.upper()):
        raise NotImplementedError(f"{func} has no kernel on {KIND}")
    given = [one for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
    strange = [one for one in given if not isinstance(one, Apart) and one.dim()]  # single numbers travel with the call
    if any(all(one is not place for place in _places(name, args)) for one in strange):
        shapes = [tuple(one.shape) for one in strange]
        raise RuntimeError(f"Expected all tensors to be on the same device, but {func} was given the CPU's {shapes}")
    if strange or _asks(name, args, kwargs):
        TRAFFIC.wait(f"{func} {[tuple(one.shape) for one in strange]}")
    found = func(*tree_map(_held, args), **tree_map(_held, kwargs))
    if name == "_local_scalar_dense":
        return found
    out = kwargs.get("out")
    if out is not None and out.shape != out.held.shape:
        raise NotImplementedError(f"{func} gives its result another shape, which the stand-in cannot")
    return return_and_correct_aliasing(func, args, kwargs, tree_map(lambda one: Apart(one) if isinstance(one, Tensor) else one, found))


def _copied(source: Apart, *, device: Any = None, non_blocking: bool = False, **kind: Any) -> Tensor:
    """``source.to(...)``, on the device or away from it; what comes to it is made there and written."""
    kind.pop("pin_memory", None)
    found: Tensor = aten._to_copy.default(source.held, **kind)
    if device is None or torch.device(device).type == NAME:
        return Apart(found)
    if non_blocking:
        _spoil(found)
        TRAFFIC.coming.append(Coming(found, source.held, weakref.ref(source)))
    else:
        TRAFFIC.wait(f"to the CPU {tuple(source.shape)}")
    return found


def _written(place: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:
    if not isinstance(place, Apart):
        TRAFFIC.wait(f"to the CPU {tuple(source.shape)}")
    elif not isinstance(source, Apart) and non_blocking:
        TRAFFIC.sent += 1
    elif not isinstance(source, Apart) and source.dim():
        TRAFFIC.wait(f"to the device {tuple(source.shape)}")
    _held(place).copy_(_held(source))
    return place


@contextmanager
def _nothing(*given: object) -> Iterator[None]:
    yield


class Event:
    def __init__(self) -> None:
        self.before = tuple(TRAFFIC.coming)

    def synchronize(self) -> None:
        for one in self.before:
            one.land()


class Stream:
    def __init__(self, device: object = None) -> None:
        pass

    def wait_stream(self, other: object) -> None:
        pass

    def record_event(self) -> Event:
        return Event()


def _graphed(run: Callable[..., Tensor], samples: tuple[Tensor, ...], allow_unused_input: bool = False) -> Callable[..., Tensor]:
    from placed import placed  # which needs Reverie, which is read once it means this device

    TRAFFIC.recorded += 1
    return placed(run, samples)


class Module:
    """What ``torch.cuda`` is to CUDA, and ``torch.mps`` to MPS, as far as Reverie asks them."""

    Stream = Stream
    stream = device = staticmethod(_nothing)
    is_available = is_initialized = is_bf16_supported = staticmethod(lambda *given, **named: True)
    device_count = staticmethod(lambda: 1)
    current_device = staticmethod(lambda: 0)
    current_stream = staticmethod(Stream)
    synchronize = staticmethod(lambda *given: TRAFFIC.land())
    mem_get_info = staticmethod(lambda *given: (ROOM, ROOM))
    recommended_max_memory = staticmethod(lambda: ROOM)
    driver_allocated_memory = staticmethod(lambda: 0)
    empty_cache = staticmethod(lambda: None)
    make_graphed_callables = staticmethod(_graphed)
    get_amp_supported_dtype = staticmethod(lambda: [torch.bfloat16])
    _is_in_bad_fork = staticmethod(lambda: False)
    manual_seed_all = staticmethod(lambda seed: None)
    get_rng_state = staticmethod(lambda *given: torch.get_rng_state())
    set_rng_state = staticmethod(lambda state, *given: None)
