"""Who reads a file: whatever stands in it, a component is named or a line says why not, and nothing else comes of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import originals
import pytest
import tiny
from mutations import MUTATIONS, Fuzz, mutated, twisted, twisted_header

from reverie.held import TRAINED, by_names, component_at


@pytest.mark.parametrize("change", [mutated, twisted_header], ids=["bytes", "header"])
@pytest.mark.parametrize("kind", ["vqgan", "biggan", "progan", "mini"])
def test_any_file_has_a_reader(
    networks: tiny.Options, kind: str, change: Callable[[bytes, random.Random], bytes], tmp_path: Path, refusals: Fuzz
) -> None:
    path, data, chance = tmp_path / "evil.safetensors", Path(networks[kind]["weights"]).read_bytes(), random.Random(7)
    known, found = {*TRAINED["generator"].values(), "mini", "clip", "hf"}, set[str]()

    def named() -> None:
        for part in ("generator", "perceptor"):
            component, options = component_at(part, path)
            found.add(component)
            assert component in known and set(options.values()) == {str(path)}

    assert refusals(named, path, lambda: change(data, chance), MUTATIONS) == 0
    assert kind in found and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_names_in_any_checkpoint(form: str, tmp_path: Path, refusals: Fuzz) -> None:
    made = originals.lightning(originals.taming_tensors(tiny.vqgan()), tmp_path / "made.ckpt", new=form == "zip")
    assert by_names(made) == "vqgan"
    path, data, chance = tmp_path / "evil.ckpt", made.read_bytes(), random.Random(7)
    assert refusals(lambda: by_names(path), path, lambda: mutated(data, chance), MUTATIONS) == 0


def test_any_config_of_a_folder(tmp_path: Path, refusals: Fuzz) -> None:
    """Hugging Face's: its model_type is a name that is looked up in a table, and nothing else."""
    path, chance = tmp_path / "config.json", random.Random(7)
    (tmp_path / "model.safetensors").write_bytes(b"x")
    said = {"model_type": "siglip", "architectures": ["SiglipModel"], "text_config": {"hidden_size": 64}, "vision_config": {}}
    readers = set[str]()

    def named() -> None:
        component, _ = component_at("perceptor", tmp_path)
        readers.add(component)

    whole = json.dumps(said).encode()
    for make in (lambda: mutated(whole, chance), lambda: json.dumps(twisted(said, chance)).encode()):
        assert refusals(named, path, make, MUTATIONS) == 0
    assert readers == {"hf", "clip"}
