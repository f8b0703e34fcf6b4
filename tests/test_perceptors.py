"""The built-in perceptor: sizes, words, and no transformers. The rules that all keep are in ``reverie.testing``."""

from __future__ import annotations

import subprocess
import sys

import pytest
import tiny
import torch

from reverie import registry
from reverie.errors import BadRequest
from reverie.perceptors.mini import MiniPerceptor


@pytest.fixture
def mini() -> MiniPerceptor:
    return MiniPerceptor(tiny.clip(), tiny.tokenizer(), tiny.CPU)


def test_sizes_are_the_networks(mini: MiniPerceptor) -> None:
    assert (mini.size, mini.dim) == (32, 16)
    assert 0 < mini.share[0] < mini.share[1]


def test_texts_are_read_to_unit_vectors(mini: MiniPerceptor) -> None:
    read = mini.read(["a red fox", "A RED FOX!", "a castle", ""])
    assert read.shape == (4, 16) and torch.allclose(read.norm(dim=1), torch.ones(4), atol=1e-5)
    assert not torch.allclose(read[0], read[2], atol=1e-3)
    assert not read.requires_grad


def test_from_a_file_by_name(networks: tiny.Options, mini: MiniPerceptor) -> None:
    loaded = registry.build("perceptor", "mini", networks["mini"], tiny.CPU)
    assert torch.allclose(loaded.read(["a red fox"]), mini.read(["a red fox"]), atol=0.02)  # stored in half precision
    with pytest.raises(BadRequest, match="There is no option of mini 'size'"):
        registry.build("perceptor", "mini", {"size": 3}, tiny.CPU)


def test_nothing_heavy_is_imported(networks: tiny.Options) -> None:
    code = (
        "import sys, torch; from reverie import registry\n"
        f"registry.build('perceptor', 'mini', {networks['mini']!r}, torch.device('cpu')).read(['a fox'])\n"
        "print([name for name in ('transformers', 'open_clip', 'torchvision', 'torch._dynamo') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
