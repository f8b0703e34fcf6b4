"""Start a training from the weights of an earlier model instead of from chance (``--from``)."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn

from reverie.weights import fingerprint

Network = TypeVar("Network", bound=nn.Module)


def copied(network: Network) -> Network:
    """A network of one's own to teach, with the weights of a loaded one."""
    return copy.deepcopy(network).train().requires_grad_(True)


def came_from(network: nn.Module | None) -> dict[str, str]:
    """What a checkpoint must know of the start: other weights make another training. Nothing where it was chance."""
    return {} if network is None else {"from": fingerprint(network.state_dict().values())}
