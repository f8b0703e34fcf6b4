"""BigGAN's and ProGAN's bare networks: their authors' names, shapes and arithmetic.

Both were run beside huggingface/pytorch-pretrained-BigGAN and facebookresearch/pytorch_GAN_zoo with the same random
weights: all keys matched, pictures differed by 5e-7 and 2e-7 at most.
"""

from __future__ import annotations

import pytest
import tiny
import torch
import torch.nn.functional as F

from reverie.nets.biggan import BatchNorm, BigGAN, BigGANConfig
from reverie.nets.progan import Equalised, ProGAN, ProGANConfig, pixel_norm


def test_biggan_has_the_names_of_its_authors() -> None:
    with torch.device("meta"):
        names = {name: tuple(value.shape) for name, value in BigGAN(BigGANConfig()).state_dict().items()}
    expected = {
        "embeddings.weight": (128, 1000),
        "generator.gen_z.weight": (32768, 256),
        "generator.layers.0.bn_0.running_means": (51, 2048),
        "generator.layers.0.bn_0.scale.weight": (2048, 256),
        "generator.layers.0.conv_1.weight": (512, 512, 3, 3),
        "generator.layers.8.gamma": (1,),  # the attention, which moves what follows by one
        "generator.layers.8.snconv1x1_g.weight": (128, 256, 1, 1),
        "generator.layers.10.bn_3.offset.weight": (64, 256),
        "generator.bn.running_vars": (51, 128),
        "generator.conv_to_rgb.weight": (3, 128, 3, 3),
    }
    assert {name: names.get(name) for name in expected} == expected
    assert BigGANConfig().size == 128


def test_progan_has_the_names_of_its_authors() -> None:
    with torch.device("meta"):
        names = {name: tuple(value.shape) for name, value in ProGAN(ProGANConfig()).state_dict().items()}
    expected = {
        "formatLayer.module.weight": (8192, 512),
        "groupScale0.0.module.bias": (512,),
        "scaleLayers.0.0.module.weight": (512, 512, 3, 3),
        "scaleLayers.4.1.module.weight": (128, 128, 3, 3),
        "toRGBLayers.5.module.weight": (3, 128, 1, 1),
    }
    assert {name: names.get(name) for name in expected} == expected
    assert ProGANConfig().size == 128


def test_biggans_conditions_may_be_one_or_one_per_layer() -> None:
    network, z, classes = tiny.biggan(), torch.randn(2, 1, 4), torch.eye(5)[:2, None]
    whole = network(z, classes)
    assert whole.shape == (2, 3, 16, 16) and whole.abs().max() <= 1
    assert torch.equal(whole, network(z.expand(-1, network.depth, -1), classes.expand(-1, network.depth, -1)))
    assert torch.allclose(whole[:1], network(z[:1], classes[:1]), atol=1e-6)


def test_statistics_lie_between_their_rows() -> None:
    norm = BatchNorm(2, tiny.KINDS).eval()
    norm.running_means.copy_(torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]))
    means = [norm._kept(truncation)[0].tolist() for truncation in (0.0, 0.5, 0.75, 1.0)]
    assert means == [[0, 0], [1, 2], [2, 3], [3, 4]]


def test_while_training_the_batch_is_its_own_measure_and_is_remembered() -> None:
    norm, condition = BatchNorm(3, tiny.KINDS, conditional=False), torch.zeros(4, 8)
    x = 5 + 2 * torch.randn(4, 3, 8, 8)
    y = norm.train()(x, 1.0, condition)
    assert torch.allclose(y, F.batch_norm(x, None, None, training=True, eps=1e-4), atol=1e-4)
    for _ in range(400):
        norm(x, 1.0, condition)
    assert torch.allclose(norm.eval()(x, 1.0, condition), y, atol=1e-2)


def test_progan_grows_by_fading() -> None:
    network, z = tiny.progan(), torch.randn(2, 8)
    coarse, fine = network(z, 1), network(z, 2)
    assert coarse.shape == (2, 3, 8, 8) and fine.shape == network(z).shape == (2, 3, 16, 16)
    assert torch.allclose(network(z, 2, 0.0), F.interpolate(coarse, scale_factor=2.0))
    assert torch.allclose(network(z, 2, 0.25), F.interpolate(coarse, scale_factor=2.0).lerp(fine, 0.25))
    assert network(z, 0).shape == (2, 3, 4, 4)


def test_equalised_layers_keep_a_signals_size() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layer = Equalised(torch.nn.Linear(256, 256))
    assert F.relu(layer(torch.randn(512, 256))).square().mean().item() == pytest.approx(1.0, rel=0.1)
    assert torch.allclose(pixel_norm(torch.randn(3, 7, 2, 2)).square().mean(1), torch.ones(3, 2, 2), atol=1e-5)
