"""Bare networks: shapes, taming's names, the quantiser's gradient, and rows that do not mix."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny
import torch
from torch import Tensor

from reverie.nets.vqgan import VQGAN, Codebook, VQGANConfig


def noise(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


# The f=16 ImageNet model's plan at a sixteenth of its width: originals.md 3.1 lists these names.
TAMING = VQGANConfig(ch=8, z_channels=16, embed_dim=16, n_embed=32, groups=8)


def test_state_dict_has_tamings_names() -> None:
    with torch.device("meta"):
        names = {name: tuple(value.shape) for name, value in VQGAN(TAMING).state_dict().items()}
    expected = {
        "encoder.conv_in.weight": (8, 3, 3, 3),
        "encoder.down.0.block.0.norm1.weight": (8,),
        "encoder.down.0.downsample.conv.weight": (8, 8, 3, 3),
        "encoder.down.2.block.0.nin_shortcut.weight": (16, 8, 1, 1),
        "encoder.down.4.attn.1.proj_out.weight": (32, 32, 1, 1),
        "encoder.mid.attn_1.q.weight": (32, 32, 1, 1),
        "encoder.mid.block_2.conv2.bias": (32,),
        "encoder.norm_out.weight": (32,),
        "encoder.conv_out.weight": (16, 32, 3, 3),
        "decoder.conv_in.weight": (32, 16, 3, 3),
        "decoder.mid.block_1.norm2.bias": (32,),
        "decoder.up.0.block.2.conv1.weight": (8, 8, 3, 3),
        "decoder.up.1.upsample.conv.weight": (8, 8, 3, 3),
        "decoder.up.3.block.0.nin_shortcut.weight": (16, 32, 1, 1),
        "decoder.up.4.attn.2.norm.weight": (32,),
        "decoder.up.4.upsample.conv.bias": (32,),
        "decoder.norm_out.bias": (8,),
        "decoder.conv_out.weight": (3, 8, 3, 3),
        "quant_conv.weight": (16, 16, 1, 1),
        "post_quant_conv.bias": (16,),
        "quantize.embedding.weight": (32, 16),
    }
    assert {name: names.get(name) for name in expected} == expected
    absent = ["encoder.down.4.downsample.conv.weight", "decoder.up.0.upsample.conv.weight", "encoder.down.0.attn.0.q.weight"]
    assert not names.keys() & set(absent)
    assert "decoder.up.0.block.3.conv1.weight" not in names and "encoder.down.0.block.2.conv1.weight" not in names


def test_the_default_is_the_f16_imagenet_model() -> None:
    """The imagenet_f16_1024 model: 1024 codes of 256 numbers, one per 16x16 pixels."""
    with torch.device("meta"):
        network = VQGAN(VQGANConfig())
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    assert shapes["quantize.embedding.weight"] == (1024, 256)
    assert shapes["decoder.conv_in.weight"] == (512, 256, 3, 3)
    assert network.config.factor == 16


@pytest.mark.parametrize(("height", "width"), [(32, 32), (16, 40)])
def test_encode_and_decode_shapes(height: int, width: int) -> None:
    network = tiny.vqgan()
    with torch.no_grad():
        codes = network.encode(noise(2, 3, height, width) * 2 - 1)
        assert codes.shape == (2, 8, height // 2, width // 2)
        assert network.decode(network.quantize(codes)).shape == (2, 3, height, width)


def test_attention_and_its_absence_both_run() -> None:
    with torch.no_grad():
        for attention in (True, False):
            config = replace(tiny.CODES, attn_resolutions=(16,), mid_attention=attention)
            network = tiny.vqgan(config)
            assert any("mid.attn_1" in name for name in network.state_dict()) == attention
            assert network.decode(network.encode(noise(1, 3, 16, 16))).isfinite().all()


def test_quantising_takes_the_nearest_code() -> None:
    book = tiny.vqgan().quantize
    z = torch.randn(2, 8, 3, 5, generator=torch.Generator().manual_seed(0))
    far = torch.cdist(z.permute(0, 2, 3, 1).reshape(-1, 8), book.embedding.weight)
    assert torch.equal(book.indices(z).flatten(), far.argmin(1))
    assert torch.allclose(book(z), book.vectors(book.indices(z)), atol=1e-5)


def test_codes_stand_for_themselves() -> None:
    book = tiny.vqgan().quantize
    indices = torch.arange(32).view(1, 4, 8)
    assert torch.equal(book.indices(book.vectors(indices)), indices)


def test_the_quantisers_gradient_is_the_identity() -> None:
    book = tiny.vqgan().quantize.requires_grad_(False)
    z, pull = noise(1, 8, 4, 4).requires_grad_(), noise(1, 8, 4, 4)
    book(z).backward(pull)
    assert z.grad is not None and torch.equal(z.grad, pull)


def test_distances_are_exact_under_autocast() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        book = Codebook(replace(tiny.CODES, n_embed=512))
        z = torch.randn(1, 8, 16, 16) / 512
    plain = book.indices(z)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(book.indices(z), plain)
    assert len(plain.unique()) > 50


def test_clip_sees_and_reads_unit_vectors() -> None:
    network = tiny.clip()
    with torch.no_grad():
        looks = network.look(noise(5, 3, 32, 32))
        reads = network.read(torch.tensor(tiny.tokenizer()(["a red fox", "castle", ""])))
    assert looks.shape == (5, 16) and reads.shape == (3, 16)
    for found in (looks, reads):
        assert torch.allclose(found.norm(dim=-1), torch.ones(len(found)), atol=1e-5)


def test_features_end_where_the_tower_goes_on() -> None:
    tower, x = tiny.clip().image, noise(1, 3, 32, 32)
    with torch.no_grad():
        found = tower.features(x)
        assert len(found) == 1 + len(tiny.EYES.widths)
        assert torch.equal(tower.head(torch.nn.functional.silu(tower.squeeze(found[-1])).flatten(1)), tower(x))


@pytest.mark.parametrize("text", ["a fox", "", "___", "🦊"])
def test_a_text_reads_the_same_alone_and_among_longer_ones(text: str) -> None:
    network, tokenizer = tiny.clip(), tiny.tokenizer()
    with torch.no_grad():
        alone = network.read(torch.tensor(tokenizer([text])))
        among = network.read(torch.tensor(tokenizer(["stone and water and a castle", text])))[1:]
    assert torch.allclose(alone, among, atol=1e-6)


def test_word_order_matters() -> None:
    network, tokenizer = tiny.clip(), tiny.tokenizer()
    with torch.no_grad():
        a, b = network.read(torch.tensor(tokenizer(["red fox blue bird", "blue fox red bird"])))
    assert not torch.allclose(a, b, atol=1e-4)
