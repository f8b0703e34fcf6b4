"""CLIP's networks: sizes from shapes, unit vectors, OpenAI's names, and rows that do not mix."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny_clip
import torch

from reverie.nets.clip import CLIP, CLIPConfig, config_of

BOTH = pytest.mark.parametrize("config", [tiny_clip.VIT, tiny_clip.RESNET], ids=["vit", "resnet"])


def pictures(config: CLIPConfig, count: int = 3) -> torch.Tensor:
    return torch.randn(count, 3, config.size, config.size, generator=torch.Generator().manual_seed(1))


@BOTH
def test_sizes_follow_from_the_shapes(config: CLIPConfig) -> None:
    shapes = {name: tuple(value.shape) for name, value in tiny_clip.network(config).state_dict().items()}
    assert config_of(shapes, True) == config
    with pytest.raises(KeyError):
        config_of({name: shape for name, shape in shapes.items() if "attn" not in name and "proj" not in name}, True)


@pytest.mark.parametrize(("width", "heads"), [(768, 12), (1024, 16), (1280, 16), (1408, 16), (1664, 16)], ids=["B", "L", "H", "g", "bigG"])
def test_heads_of_the_published_towers(width: int, heads: int) -> None:
    shapes = {
        "text_projection": (512, 512), "positional_embedding": (77, 512), "token_embedding.weight": (49408, 512),
        "transformer.resblocks.0.mlp.c_fc.weight": (2048, 512), "visual.proj": (width, 512), "visual.conv1.weight": (width, 3, 14, 14),
        "visual.positional_embedding": (257, width), "visual.transformer.resblocks.0.mlp.c_fc.weight": (4 * width, width),
    }  # fmt: skip
    found = config_of(shapes, False)
    assert found.image.stack.heads == heads and found.text.heads == 8 and found.size == 224  # type: ignore[union-attr]


@BOTH
def test_unit_vectors_and_rows_that_do_not_mix(config: CLIPConfig) -> None:
    network, x = tiny_clip.network(config), pictures(config).requires_grad_()
    seen = network.look(x)
    assert seen.shape == (3, 16) and torch.allclose(seen.norm(dim=1), torch.ones(3), atol=1e-5)
    assert not torch.allclose(seen[0], seen[1], atol=1e-2)
    seen[1, 0].backward()
    assert x.grad is not None and x.grad[1].any() and not x.grad[0].any() and not x.grad[2].any()
    assert torch.allclose(network.look(x.detach()[:1]), seen.detach()[:1], atol=1e-6)


@BOTH
def test_autocast_is_near_and_finite(config: CLIPConfig) -> None:
    network, x = tiny_clip.network(config), pictures(config).contiguous(memory_format=torch.channels_last)
    exact = network.look(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        quick = network.look(x)
    assert quick.dtype == torch.float32 and not torch.equal(quick, exact)
    assert (quick * exact).sum(1).min() > 0.99


def test_norms_are_exact_under_autocast() -> None:
    norm = tiny_clip.network().ln_final
    x = 100 + torch.randn(4, 64, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(norm(x), torch.nn.functional.layer_norm(x, (64,), norm.weight, norm.bias))
        assert norm(x.bfloat16()).dtype == torch.float32


def test_a_text_reads_the_same_alone_and_among_longer_ones() -> None:
    network, tokens = tiny_clip.network(), tiny_clip.tokenizer()
    alone, among = (network.read(torch.tensor(tokens(texts))) for texts in (["red fox"], ["red fox", "a blue fox, red", ""]))
    assert torch.allclose(alone[0], among[0], atol=1e-6) and torch.allclose(among.norm(dim=1), torch.ones(3), atol=1e-5)
    assert not torch.allclose(among[0], among[1], atol=1e-2)


def test_order_matters_and_what_comes_after_the_end_does_not() -> None:
    network, tokens = tiny_clip.network(), tiny_clip.tokenizer()
    rows = torch.tensor(tokens(["red blue fox", "blue red fox", "red blue fox"]))
    rows[2, -1] = 7
    read = network.read(rows)
    assert not torch.allclose(read[0], read[1], atol=1e-4) and torch.allclose(read[0], read[2], atol=1e-6)


def test_the_activation_is_seen() -> None:
    quick, exact = tiny_clip.network(), CLIP(replace(tiny_clip.VIT, quick=False)).eval()
    exact.load_state_dict(quick.state_dict())
    assert (quick.look(pictures(tiny_clip.VIT)) - exact.look(pictures(tiny_clip.VIT))).abs().max() > 1e-4
