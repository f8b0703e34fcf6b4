"""Networks in files: there and back, and whatever is wrong with a file said in a line, with nothing executed."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from mutations import MUTATIONS, Fuzz, mutated, twisted_header
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from reverie.checkpoints.fit import blank
from reverie.errors import BadRequest
from reverie.weights import load_biggan, load_clip, load_progan, load_vqgan, save_network


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vqgan.safetensors"
    save_network(path, "vqgan", tiny.vqgan(), tiny.CODES)
    return path


def rewrite(path: Path, change: dict[str, Tensor | None] | None = None, **header: Any) -> None:
    """The same file with other tensors (None: without it) and another header."""
    with safe_open(path, framework="pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - not a dict
        kept = json.loads(opened.metadata()["reverie"])
    merged = tensors | (change or {})
    save_file({name: value for name, value in merged.items() if value is not None}, path, {"reverie": json.dumps(kept | header)})


def test_a_network_comes_back_as_it_was(file: Path) -> None:
    loaded, kept = load_vqgan(str(file)), tiny.vqgan()
    assert loaded.config == tiny.CODES
    assert not loaded.training and not any(parameter.requires_grad for parameter in loaded.parameters())
    for name, value in loaded.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, kept.state_dict()[name].half().float()), name


def test_a_clip_comes_with_its_tokenizer(tmp_path: Path) -> None:
    save_network(tmp_path / "c.safetensors", "clip", tiny.clip(), tiny.EYES, pieces=tiny.tokenizer().pieces)
    network, tokenizer = load_clip(str(tmp_path / "c.safetensors"))
    assert network.config == tiny.EYES
    assert tokenizer.length == tiny.EYES.length
    assert tokenizer(["a red fox"]) == tiny.tokenizer()(["a red fox"])


def test_loading_draws_no_random_numbers(file: Path) -> None:
    before = torch.random.get_rng_state()
    load_vqgan(str(file))
    assert torch.equal(torch.random.get_rng_state(), before)


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "evil.safetensors"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))
    with pytest.raises(BadRequest, match=r"evil\.safetensors is not a readable safetensors file"):
        load_vqgan(str(path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_truncated_file_is_refused(file: Path, keep: int) -> None:
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(BadRequest, match="not a readable safetensors file"):
        load_vqgan(str(file))


def test_a_damaged_header_is_refused(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[8:40] = b"x" * 32
    file.write_bytes(data)
    with pytest.raises(BadRequest, match="not a readable safetensors file"):
        load_vqgan(str(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("nowhere.safetensors", str(tmp_path)):
        with pytest.raises(BadRequest, match="There is no weights file"):
            load_vqgan(name)


def test_the_wrong_kind_is_named(file: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="holds vqgan, not clip"):
        load_clip(str(file))
    save_file({"x": torch.zeros(1)}, tmp_path / "plain.safetensors")
    with pytest.raises(BadRequest, match="holds no Reverie network, not vqgan"):
        load_vqgan(str(tmp_path / "plain.safetensors"))
    save_file({"x": torch.zeros(1)}, tmp_path / "list.safetensors", {"reverie": "[]"})
    with pytest.raises(BadRequest, match="holds no Reverie network"):
        load_vqgan(str(tmp_path / "list.safetensors"))


def test_wrong_tensors_are_listed(file: Path) -> None:
    rewrite(file, {"quantize.embedding.weight": None, "decoder.conv_in.bias": torch.zeros(3), "stranger": torch.zeros(1)})
    with pytest.raises(BadRequest) as caught:
        load_vqgan(str(file))
    message = str(caught.value)
    assert "missing quantize.embedding.weight" in message
    assert "unknown stranger" in message
    assert "decoder.conv_in.bias is (3,), not (16,)" in message
    assert "(3 in all)" in message


@pytest.mark.parametrize(
    "config",
    [
        None,
        [],
        {"ch": "many"},
        {"wings": 2},
        asdict(tiny.CODES) | {"groups": 3},
        asdict(tiny.CODES) | {"groups": 0},
        asdict(tiny.CODES) | {"n_embed": -1},
    ],
)
def test_a_false_configuration_is_refused(file: Path, config: Any) -> None:
    rewrite(file, config=config)
    with pytest.raises(BadRequest, match="has a configuration of which no vqgan can be made"):
        load_vqgan(str(file))


def test_a_giant_configuration_costs_no_memory(file: Path) -> None:
    rewrite(file, config=asdict(tiny.CODES) | {"n_embed": 2**40})
    with pytest.raises(BadRequest, match="does not fit its own configuration"):
        load_vqgan(str(file))


@pytest.mark.parametrize("pieces", [None, [], "abc", [1, 2], ["x"] * (tiny.EYES.vocabulary + 1)])
def test_a_tokenizer_that_does_not_fit_is_refused(tmp_path: Path, pieces: Any) -> None:
    path = tmp_path / "c.safetensors"
    save_network(path, "clip", tiny.clip(), tiny.EYES, pieces=pieces)
    with pytest.raises(BadRequest, match="holds no tokenizer of at most 128 pieces"):
        load_clip(str(path))


def test_saving_leaves_nothing_half_written(file: Path) -> None:
    save_network(file, "vqgan", tiny.vqgan(seed=1), tiny.CODES)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert not torch.equal(load_vqgan(str(file)).decoder.conv_in.weight, tiny.vqgan().decoder.conv_in.weight)


@pytest.mark.parametrize("many", [2**20, 2**32])
def test_a_network_without_end_is_not_made(file: Path, many: int) -> None:
    rewrite(file, config=asdict(tiny.CODES) | {"num_res_blocks": many})
    with pytest.raises(BadRequest, match="counts more than the vqgan"):
        load_vqgan(str(file))
    rewrite(file, config=asdict(tiny.CODES) | {"num_res_blocks": 9999})
    with pytest.raises(BadRequest, match="more than 10000 parts"):
        load_vqgan(str(file))


@pytest.mark.parametrize("before", range(3))
def test_gradients_stay_on_wherever_it_is_stopped(before: int) -> None:
    class Endless(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for _ in range(before):
                torch.zeros(1)
            while True:
                with torch.no_grad():
                    torch.zeros(1)

    with pytest.raises(ValueError, match="more than 10000 parts"):
        blank(Endless)
    assert torch.is_grad_enabled()


OWN: dict[str, Callable[[str], Any]] = {"vqgan": load_vqgan, "biggan": load_biggan, "progan": load_progan, "mini": load_clip}


@pytest.mark.parametrize("kind", OWN)
@pytest.mark.parametrize("change", [mutated, twisted_header], ids=["bytes", "header"])
def test_mutated_files_are_read_or_refused(
    networks: tiny.Options,
    kind: str,
    change: Callable[[bytes, random.Random], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusals: Fuzz,
) -> None:
    """Reverie's own files, from strangers: whatever they say of themselves, nothing but a line comes of it."""
    monkeypatch.chdir(tmp_path)
    path, data, chance = tmp_path / "evil.safetensors", Path(networks[kind]["weights"]).read_bytes(), random.Random(7)
    refused = refusals(lambda: OWN[kind](str(path)), path, lambda: change(data, chance), MUTATIONS)
    assert MUTATIONS // 2 < refused <= MUTATIONS and [file.name for file in tmp_path.iterdir()] == [path.name]
