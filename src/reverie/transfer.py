"""Between the CPU and the device that paints, without either waiting for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from torch import Tensor


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """What was made on the CPU, on the device that it is for, without waiting until it is there."""
    if device.type == "mps":  # where what is sent must not be let go before it has arrived
        return tensor.to(device)
    return (tensor.pin_memory() if device.type == "cuda" else tensor).to(device, non_blocking=True)


def fetched(tensors: Sequence[Tensor]) -> Callable[[], list[Tensor]]:
    """Copies on the CPU, for whoever calls what is returned. They are made as the tensors are now, whatever becomes of these.

    CUDA copies on a stream beside, while it goes on with what comes next; the call waits for the copies alone.
    """
    import torch

    device = tensors[0].device
    if device.type != "cuda":
        copies = [tensor.to("cpu", copy=True) for tensor in tensors]
        return lambda: copies
    beside = torch.cuda.Stream(device)
    beside.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(beside):
        coming = [tensor.to("cpu", non_blocking=True) for tensor in tensors]
        done = beside.record_event()
    for tensor in tensors:
        tensor.record_stream(beside)  # so that its memory is nobody else's before it is copied

    def arrived() -> list[Tensor]:
        done.synchronize()
        return coming

    return arrived


def exact_place(device: torch.device) -> torch.device:
    """Where views of a device's pictures are cut, and pictures scaled: there, if that gives what it should, and on the CPU otherwise.

    On MPS ``grid_sample`` has no way back, and adaptive pooling refuses sizes that do not divide, or is wrong (pytorch's issues 141287,
    96056 and 190064). On CUDA their ways back add up in another order each time, where the same pixels are asked for
    (``torch.use_deterministic_algorithms``).
    """
    import torch

    elsewhere = device.type == "mps" or (device.type == "cuda" and torch.are_deterministic_algorithms_enabled())
    return torch.device("cpu") if elsewhere else device
