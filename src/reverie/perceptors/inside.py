"""The inside of a perceptor: the layers of the network that looks, by name, and what they answer to views.

Forward hooks, for the length of one look; a perceptor has only to say which of its networks looks (``Inward`` in ``types.py``).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn

from reverie.errors import BadRequest, unknown
from reverie.types import Inward, Perceptor


class _Reached(Exception):
    """The layer has answered: what comes after it need not be computed."""


def tower_of(perceptor: Perceptor, called: str) -> nn.Module:
    """The network that looks; raises ``BadRequest`` where a perceptor, ``called`` so, keeps it to itself."""
    if not isinstance(perceptor, Inward) or not isinstance(perceptor.tower, nn.Module):
        raise BadRequest(
            f"The perceptor {called!r} cannot be looked into: it has no `tower`, the torch module that looks (docs/plugins.md)."
        )
    return perceptor.tower


@torch.no_grad()
def layers(perceptor: Perceptor, called: str) -> dict[str, tuple[int, ...]]:
    """The layers that can be dreamt into, in the order in which they answer, each with the shape of its answer to one view.

    Layers that answer more than once to a look, and answers that are no tensor with a row for each view, are left out.
    """
    tower, count = tower_of(perceptor, called), 2
    heard, often = dict[str, tuple[int, ...]](), Counter[str]()

    def listening(name: str) -> Any:
        def hear(module: nn.Module, given: Any, answer: Any) -> None:
            found = _tensor(answer)
            often[name] += 1
            if found is not None and found.ndim > 1 and found.shape[0] == count and found.is_floating_point():
                heard[name] = tuple(found.shape[1:])

        return hear

    hooks = [module.register_forward_hook(listening(name)) for name, module in tower.named_modules() if name]
    try:
        perceptor.look(torch.zeros(count, 3, perceptor.size, perceptor.size, device=next(tower.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: shape for name, shape in heard.items() if often[name] == 1}


def channels(shape: tuple[int, ...]) -> int:
    """How many channels an answer of this shape has: a grid's come first, a transformer's places end with them."""
    return shape[0] if len(shape) == 3 else shape[-1]


def check(perceptor: Perceptor, called: str, name: str, channel: int | None = None) -> None:
    """Raise ``BadRequest`` for a layer or a channel that is not there."""
    there = layers(perceptor, called)
    if name not in there:
        raise BadRequest(f"{unknown(f'layer in {called}', name, _few(there, name))} All of them: reverie layers {called}")
    if channel is not None and not channel < channels(there[name]):
        raise BadRequest(f"The layer {name!r} of {called} has {channels(there[name])} channels, counted from 0: there is no {channel}.")


def _few(there: dict[str, tuple[int, ...]], name: str) -> list[str]:
    """The layers that are worth telling: those near the top of the names, or where the name that was given begins."""
    shallow = min(one.count(".") for one in there) + 1
    stem = name.rpartition(".")[0]
    return [one for one in there if one.count(".") <= shallow or (stem and one.startswith(stem))]


def answer(perceptor: Perceptor, views: Tensor, name: str) -> Tensor:
    """What a layer answers to views [N,3,size,size] in 0..1: [N,C,...] with the channels second, differentiable."""
    module, found = dict(perceptor.tower.named_modules())[name], list[Tensor]()  # type: ignore[attr-defined]

    def hear(module: nn.Module, given: Any, answered: Any) -> None:
        tensor = _tensor(answered)
        assert tensor is not None  # ``check`` has seen it
        found.append(tensor)
        raise _Reached

    hook = module.register_forward_hook(hear)
    try:
        perceptor.look(views)
    except _Reached:
        pass
    finally:
        hook.remove()
    return (found[0].movedim(-1, 1) if found[0].ndim == 3 else found[0]).float()


def _tensor(answer: Any) -> Tensor | None:
    """Layers of other packages may answer with a tuple whose first is what they made."""
    first = answer[0] if isinstance(answer, tuple) and answer else answer
    return first if isinstance(first, Tensor) else None
