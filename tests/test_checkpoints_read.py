"""Checkpoints of every form that PyTorch has written, read for their tensors and plain values, with nothing executed."""

from __future__ import annotations

import json
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from reverie.checkpoints.read import Checkpoint, read
from reverie.errors import BadRequest

FORMS = {"torch": True, "torch, before 2020": False}


def network() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(
        value.dtype == found[name].dtype and torch.equal(value, found[name]) for name, value in wanted.items()
    )


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def saved(value: Any, path: Path, form: str) -> Checkpoint:
    torch.save(value, path, _use_new_zipfile_serialization=FORMS[form])
    found = read(path)
    assert found.form == form and found.path == path
    return found


def test_a_state_dict(tmp_path: Path, form: str) -> None:
    found = saved(network().state_dict(), tmp_path / "a.pt", form)
    assert same(found.tensors, network().state_dict())
    assert found.config == {}


def test_number_formats_and_views(tmp_path: Path, form: str) -> None:
    base = torch.arange(24.0)
    kinds = ("float32", "float64", "float16", "bfloat16", "uint8", "int8", "int16", "int32", "int64", "bool")
    wanted = {kind: (torch.arange(5) % 2).to(getattr(torch, kind)) for kind in kinds}
    wanted |= {"turned": base.view(4, 6).T, "part": base[5:9], "number": torch.tensor(7), "none": torch.zeros(0, 3)}
    wanted |= {"parameter": nn.Parameter(torch.ones(2)).detach()}
    assert same(saved(wanted, tmp_path / "a.pt", form).tensors, wanted)


def test_what_a_training_loop_leaves(tmp_path: Path, form: str) -> None:
    """The network is found, the optimiser's moments are not taken for it, and classes that nobody has stay names."""
    wanted = network().state_dict()
    rest = {"epoch": 3, "callbacks": {nn.ReLU: {"best": 0.5}}, "optimizer_states": [{"state": {0: torch.ones(9)}}], "words": ["a", None]}
    found = saved({"state_dict": {f"module.{name}": value for name, value in wanted.items()}, **rest}, tmp_path / "last.ckpt", form)
    assert same(found.tensors, wanted)
    assert found.config["epoch"] == 3 and found.config["words"] == ["a", None]


def test_a_whole_network_is_known_by_its_state(tmp_path: Path, form: str) -> None:
    assert same(saved(network(), tmp_path / "whole.pt", form).tensors, network().state_dict())


def test_torchscript(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript is on its way out
        torch.jit.script(network().eval()).save(tmp_path / "clip.pt")
    found = read(tmp_path / "clip.pt")
    assert found.form == "torchscript" and same(found.tensors, network().state_dict())
    assert found.config["training"] is False


def test_safetensors_and_folders(tmp_path: Path) -> None:
    save_file(network().state_dict(), tmp_path / "model.safetensors", {"format": "pt"})
    (tmp_path / "config.json").write_text(json.dumps({"width": 4}))
    assert read(tmp_path / "model.safetensors").config == {"format": "pt"}
    found = read(tmp_path)
    assert found.path == tmp_path / "model.safetensors" and found.config == {"format": "pt", "width": 4}
    assert same(found.tensors, network().state_dict())


def test_a_tensor_may_be_written_to_and_the_file_stays(tmp_path: Path, form: str) -> None:
    found = saved(OrderedDict(a=torch.ones(4)), tmp_path / "a.pt", form)
    before = (tmp_path / "a.pt").read_bytes()
    found.tensors["a"].mul_(3)
    assert (tmp_path / "a.pt").read_bytes() == before and torch.equal(read(tmp_path / "a.pt").tensors["a"], torch.ones(4))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><title>404</title>", "is a web page"),
        (b"\n\n  <html>", "is a web page"),
        (b'{"error": "not found"}', "is a text"),
        (b"Entry not found", "is a text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (b"\x1f\x8b\x08\0", "unpack it first"),
        (b"\x00\x01\x02", "is neither a checkpoint"),
        (b"PK\3\4" + b"\0" * 90, "is cut short or damaged"),
        (b"\x80\x02", "is cut short or damaged"),
        (b"\x80\x02K\x01.\x80\x02K\x01.", "no checkpoint of PyTorch's"),
    ],
)
def test_what_is_no_checkpoint_is_told_in_a_line(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "model.ckpt").write_bytes(content)
    with pytest.raises(BadRequest, match=reason) as caught:
        read(tmp_path / "model.ckpt")
    assert str(caught.value).startswith(str(tmp_path / "model.ckpt")) and "\n" not in str(caught.value)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="No such file"):
        read(tmp_path / "gone.ckpt")
    with pytest.raises(BadRequest, match="a folder without a checkpoint"):
        read(tmp_path)
