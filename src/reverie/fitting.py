"""What fits into this machine's memory, found out before the first step from what one dream and one view take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from reverie.memory import Portions, allowed
from reverie.step import Engine, decode
from reverie.types import Latent, Perceptor

# Beside what a graph keeps there are the gradients on their way back, and what convolutions need to work in.
WORKING = 1.6
SHARE = {"cuda": 0.9, "mps": 0.7, "cpu": 0.5}  # of what there is: a desktop has other things to do
# Pixels, of all dreams together, that are not worth a measurement where there is this much room: of the networks of 2021 (a VQGAN of
# f16 and ViT-B/32 with 32 views) they took 5.0 GB, weights and libraries among them.
SMALL, ROOMY = 512 * 512, 6 << 30


def fitting(engine: Engine, latent: Latent) -> Portions:
    """The largest portions that fit for dreams of this latent; on one CPU machine always the same for the same dreams."""
    dreams, regions = len(engine.rngs), max(1, len(engine.regions))
    views = {name: dreams * regions * cutter.views for name, cutter in engine.cutters.items()}
    most = max(views.values(), default=1)
    device = latent.parts[0].device
    space = room(device)
    if dreams * latent.height * latent.width <= SMALL and most <= engine.portions.views and space >= ROOMY:
        return engine.portions
    one = replace(latent, parts=tuple(part[:1] for part in latent.parts))
    alone = replace(engine, rngs=engine.rngs[:1], fixed=None)
    dream = held(lambda: decode(alone, one))
    looks = {name: _view(engine, perceptor, engine.cutters[name].size, device) for name, perceptor in engine.perceptors.items()}
    together = sum(looks[name] * count for name, count in views.items()) // most  # of an ensemble everything is kept
    return fitted(together, most, dream, dreams, space)


def fitted(view: int, views: int, dream: int, dreams: int, space: int) -> Portions:
    """Portions for so many views and dreams, of which each keeps so many bytes, in ``space`` bytes."""
    view, dream, space = max(1, view), max(1, dream), int(space / WORKING)
    if view * views + dream * dreams <= space:
        return Portions(views, dreams)
    if dream * dreams <= space // 2:
        return Portions(max(1, min(views, (space - dream * dreams) // view)), dreams)
    return Portions(max(1, min(views, space // 2 // view)), max(1, min(dreams, space // 2 // dream)), frugal=True)


def held(run: Callable[[], Tensor]) -> int:
    """Bytes that are kept for the way back through what ``run`` computes, weights among them; here they are counted and let go."""
    total, seen = 0, dict[int, StorageWeakRef]()

    def pack(tensor: Tensor) -> None:
        nonlocal total
        storage = tensor.untyped_storage()
        known = seen.get(storage.data_ptr())
        if known is None or known.expired():  # a place is given to another tensor once it is free
            total += storage.nbytes()
            seen[storage.data_ptr()] = StorageWeakRef(storage)

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(pack, lambda _: torch.empty(0)):
        run()
    return total


def room(device: torch.device) -> int:
    """Bytes that may be used. On a CPU a share of what the process is allowed, not of what is free, so that the same dream is always
    painted in the same portions; elsewhere a share of what is free.
    """
    if device.type == "cuda":
        found = torch.cuda.mem_get_info(device)[0]
    elif device.type == "mps":
        found = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    else:
        found = allowed()
    return int(found * SHARE[device.type])


def _view(engine: Engine, perceptor: Perceptor, size: int, device: torch.device) -> int:
    """Bytes that one view more takes: the weights are kept once, however many there are."""

    def look(count: int) -> Tensor:
        with engine.autocast:
            return perceptor.look(torch.zeros(count, 3, size, size, device=device, requires_grad=True))

    return held(lambda: look(2)) - held(lambda: look(1))
