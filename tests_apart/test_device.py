"""The stand-in is a device apart: what would fail, or come late, on CUDA does so here."""

from __future__ import annotations

import threading

import pytest
import torch
from device import NAME, Apart, Traffic
from kernels import there
from torch.nn import Conv2d


def test_tensors_of_two_devices_do_not_mix() -> None:
    far = torch.ones(3, device=NAME)
    assert torch.equal((far + torch.tensor(1.0)).cpu(), torch.full((3,), 2.0)), "a single number travels with the call"
    with pytest.raises(RuntimeError, match="same device"):
        far + torch.ones(3)
    with pytest.raises(RuntimeError, match="same device"):
        far.index_select(0, torch.tensor([0]))
    with pytest.raises(TypeError):
        far.numpy()


def test_what_has_no_kernel_is_refused() -> None:
    assert there("add.Tensor", "CUDA") and there("add.Tensor", "MPS") and there("upsample_bicubic2d", "CUDA")
    assert not there("mkldnn_linear", "CUDA") and not there("grid_sampler_2d_backward", "MPS")
    with pytest.raises(NotImplementedError, match="no kernel"):
        torch.ops.aten._mkldnn_transpose(torch.ones(2, 2, device=NAME), 0, 1)


def test_what_torch_makes_there_is_there() -> None:
    made = (
        torch.zeros(2, device=NAME), torch.tensor([1, 2], device=NAME), torch.arange(2, device=NAME), torch.randn(2, device=NAME),
        torch.linspace(0, 1, 3, device=NAME), torch.eye(2, device=NAME), torch.ones(2).to(NAME), Conv2d(1, 1, 1).to(NAME).weight,
    )  # fmt: skip
    assert all(isinstance(one, Apart) and one.device.type == NAME for one in made)


def test_gradients_are_the_cpus() -> None:
    layer, near = Conv2d(2, 3, 3), torch.randn(1, 2, 8, 8, requires_grad=True)
    far = near.detach().to(NAME).requires_grad_()
    layer(near).square().sum().backward()
    layer.to(NAME)(far).square().sum().backward()
    assert near.grad is not None and far.grad is not None
    assert torch.allclose(far.grad.cpu(), near.grad)


def test_a_thread_knows_the_device() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.ones(2, device=NAME) + 1))
    thread.start()
    thread.join()
    assert found[0].tolist() == [2, 2]


def test_autocast_is_in_bf16() -> None:
    with torch.autocast(NAME, dtype=torch.bfloat16):
        assert Conv2d(1, 1, 1).to(NAME)(torch.ones(1, 1, 2, 2, device=NAME)).dtype == torch.bfloat16


def test_a_number_and_a_copy_are_waited_for(traffic: Traffic) -> None:
    far = torch.ones(3).to(NAME, non_blocking=True)
    assert not traffic.waited and traffic.sent == 1
    far[far > 2] = 0
    far.index_select(0, torch.zeros(1, dtype=torch.long, device=NAME)), far.repeat_interleave(2, 0)
    assert not traffic.waited
    far.sum().item(), far.cpu(), torch.ones(3).to(NAME), far[torch.tensor([1])], far[far > 2]
    assert len(traffic.waited) == 5


def test_a_copy_that_nobody_waited_for_is_late() -> None:
    stream = torch.apart.Stream()  # type: ignore[attr-defined]
    kept, dropped = torch.ones(2, device=NAME), torch.ones(2, device=NAME)
    coming = [one.to("cpu", non_blocking=True) for one in (kept, dropped)]
    done = stream.record_event()
    kept.record_stream(stream)
    kept.fill_(3)
    del kept, dropped
    assert coming[0].isnan().all(), "not here yet"
    done.synchronize()
    assert coming[0].tolist() == [3, 3], "as it is by then: whoever writes over it loses it"
    assert coming[1].isnan().all(), "its memory was another's"
