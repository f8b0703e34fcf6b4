"""The YAML and JSON beside checkpoints: data alone, and whatever they say is held against the tensors or refused in a line."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import originals
import pytest
import yaml
from mutations import MUTATIONS, Fuzz, mutated, twisted
from test_nets_gpt import CLASSES, network

from reverie.checkpoints.biggan import biggan
from reverie.checkpoints.gpt import gpt
from reverie.checkpoints.read import read
from reverie.checkpoints.vqgan import vqgan
from reverie.checkpoints.yamls import read_yaml, yaml_of
from reverie.errors import BadRequest

TAGS = (
    "!!python/object/apply:os.system ['touch ran']", "!!python/object/new:os.system ['touch ran']", "!!python/name:os.system ''",
    "a: &a [!!python/module:os '']", "!!python/object/apply:builtins.eval [\"open('ran', 'w')\"]", "!!js/function 'x'",
)  # fmt: skip


@pytest.mark.parametrize("tag", TAGS)
def test_tags_name_nothing(tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x.yaml"
    path.write_text(tag)
    with pytest.raises(BadRequest, match=r"x\.yaml is not readable YAML"):
        read_yaml(path)
    assert list(tmp_path.iterdir()) == [path]


def test_anchors_that_grow_are_not_unfolded(tmp_path: Path) -> None:
    """A billion laughs: each list is the last one nine times, and all are one object."""
    path = tmp_path / "x.yaml"
    path.write_text("\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))]))
    assert len(read_yaml(path)["a11"]) == 9
    path.write_text("x" * (1 << 21))
    with pytest.raises(BadRequest, match="more than 1048576 bytes"):
        read_yaml(path)


@pytest.mark.parametrize("form", ["bytes", "tree"])
def test_a_vqgans_yaml(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: Fuzz) -> None:
    """What passes says nothing against the tensors: the network is the one that they are of, whatever is said of its pictures' size."""
    path = originals.taming(tmp_path)
    found = read(path)
    wanted = vqgan(found)[0]

    def load() -> None:
        config, _ = vqgan(found)
        assert replace(config, resolution=wanted.resolution, attn_resolutions=wanted.attn_resolutions) == wanted

    monkeypatch.chdir(tmp_path)
    fuzzed(refusals, load, path, form)


@pytest.mark.parametrize("form", ["bytes", "tree"])
def test_a_transformers_yaml(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: Fuzz) -> None:
    path = originals.net2net(tmp_path, network(), CLASSES)
    found = read(path)
    monkeypatch.chdir(tmp_path)
    fuzzed(refusals, lambda: gpt(found), path, form)


def fuzzed(refusals: Fuzz, load: Callable[[], Any], checkpoint: Path, form: str) -> None:
    folder, found = checkpoint.parent, yaml_of(checkpoint)
    assert found is not None
    data, chance, beside = found.read_bytes(), random.Random(7), {file.name for file in folder.iterdir()}
    tree = yaml.safe_load(data)
    made: Callable[[], bytes] = (
        (lambda: mutated(data, chance)) if form == "bytes" else lambda: yaml.safe_dump(twisted(tree, chance)).encode()
    )
    assert 0 < refusals(load, found, made, MUTATIONS) < MUTATIONS
    assert {file.name for file in folder.iterdir()} == beside


@pytest.mark.parametrize("form", ["bytes", "tree"])
def test_a_biggans_json(form: str, tmp_path: Path, refusals: Fuzz) -> None:
    folder = originals.pretrained_biggan(tmp_path / "biggan")
    path, chance = folder / "config.json", random.Random(7)
    data = path.read_bytes()
    tree = json.loads(data)
    made: Callable[[], bytes] = (lambda: mutated(data, chance)) if form == "bytes" else lambda: json.dumps(twisted(tree, chance)).encode()
    beside = {file.name for file in folder.iterdir()}
    assert 0 < refusals(lambda: biggan(read(folder)), path, made, MUTATIONS) <= MUTATIONS
    assert {file.name for file in folder.iterdir()} == beside
