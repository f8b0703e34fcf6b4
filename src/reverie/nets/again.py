"""Layers that keep their input alone and are computed again on the way back (Chen et al. 2016, arXiv 1604.06174)."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

Network = TypeVar("Network", bound=nn.Module)


class Again(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, *given: Any) -> Tensor:
        found: Tensor = checkpoint(self.layer, *given, use_reentrant=False, preserve_rng_state=False)  # no layer of ours draws
        return found


def recomputed(network: Network, *kinds: type[nn.Module]) -> Network:
    """The same network on the same weights, which stay as they are, with layers of these kinds computed again."""
    found = copy.deepcopy(network, {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())})
    for module in list(found.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, kinds):
                setattr(module, name, Again(child))
    return found
