"""Training the GANs: they learn what their noise means, the critic tells real from painted, ProGAN grows, all resumes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
from drawings import CONCEPTS, icons
from PIL import Image

from reverie.data.folder import Folder
from reverie.errors import BadRequest
from reverie.nets.biggan import BigGAN, BigGANConfig
from reverie.nets.progan import ProGAN, ProGANConfig
from reverie.train.critic import Critic, moved
from reverie.train.gan import BigganTrainer, GanTrainer, ProganTrainer
from reverie.train.loop import run
from reverie.train.settings import BigganPace, ProganPace, Sitting
from reverie.weights import load_biggan, load_progan

BIG = BigGANConfig(z_dim=16, class_embed_dim=8, channel_width=8, layers=((True, 4, 2), (True, 2, 1)), attention_layer_position=1, n_stats=1)
PRO = ProGANConfig(latent=24, first=16, scales=(16, 8))
KINDS: dict[str, type[GanTrainer]] = {"biggan": BigganTrainer, "progan": ProganTrainer}


def trainer(kind: str, steps: int = 60, batch: int = 8) -> GanTrainer:
    guide = (tiny.clip(), tiny.tokenizer())
    if kind == "biggan":
        return BigganTrainer(icons(), BigganPace(steps, batch, 4e-3, 3), guide, config=BIG)
    return ProganTrainer(icons(), ProganPace(steps, batch, 4e-3, 3), guide, config=PRO)


@pytest.mark.parametrize("kind", KINDS)
def test_the_pictures_that_noise_stands_for_are_learnt(kind: str) -> None:
    learner = trainer(kind)
    told = [learner.step(number, learner.draw(number))["told"] for number in range(60)]
    assert sum(told[-5:]) < 0.7 * sum(told[:5])


def test_the_critic_tells_drawings_from_smears() -> None:
    learner = trainer("biggan", batch=16)
    shown = learner.draw(0)
    smears = shown.images.flip(0).mean((2, 3), keepdim=True).expand_as(shown.images).contiguous()
    losses = [learner._teach_critic(shown.images, smears, shown.kinds) for _ in range(60)]
    assert losses[-1] < 0.8 * losses[0], losses


def test_the_guide_stays_as_it_is_and_is_no_part_of_the_critic() -> None:
    guide = tiny.clip()
    before = {name: value.clone() for name, value in guide.state_dict().items()}
    learner = BigganTrainer(icons(), BigganPace(4, 4, 1e-2, 1), (guide, tiny.tokenizer()), config=BIG)
    learner.step(0, learner.draw(0))
    assert all(torch.equal(value, before[name]) for name, value in guide.state_dict().items())
    assert not any("image" in name or "guide" in name for name in learner.critic.state_dict())


def test_the_critic_listens_to_the_kind() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        critic = Critic(tiny.clip()).eval()
    images, codes = torch.rand(2, 3, 32, 32), torch.nn.functional.normalize(torch.randn(2, 16), dim=1)
    assert critic(images, codes).shape == (2, 3)
    assert not torch.allclose(critic(images, codes), critic(images, codes.flip(0)))
    assert not torch.allclose(critic(images, codes), critic(images, None))


def test_progan_grows() -> None:
    learner = trainer("progan", steps=100)
    assert isinstance(learner, ProganTrainer)
    stages = [learner.stage(number) for number in range(100)]
    assert stages[0] == (1, 1.0) and stages[-1] == (2, 1.0)
    assert [scale for scale, _ in stages] == sorted(scale for scale, _ in stages)
    assert any(0 < faded < 1 for _, faded in stages) and all(0 <= faded <= 1 for _, faded in stages)
    images = learner.draw(0).images
    coarse = learner._as_large(images, 0)
    assert coarse.shape == images.shape and coarse.var() < images.var()
    assert torch.equal(learner._as_large(images, 99), images)


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_goes_on_exactly(kind: str, tmp_path: Path) -> None:
    whole, halves = trainer(kind, 6), tmp_path / "halves"
    run(whole, tmp_path / "whole", Sitting())
    stop = iter((False, False, True)).__next__
    run(trainer(kind, 6), halves, Sitting(), stop)
    again = trainer(kind, 6)
    assert run(again, halves, Sitting()) == 6
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name]), name
    with Image.open(halves / "sheet.png") as sheet:
        assert sheet.size == (12 * whole.config.size, 8 * whole.config.size)


def test_weights_paint(tmp_path: Path) -> None:
    big, pro = trainer("biggan", 3), trainer("progan", 3)
    for learner in (big, pro):
        learner.step(0, learner.draw(0))
        learner.export(tmp_path / f"{learner.kind}.safetensors")
    network = load_biggan(str(tmp_path / "biggan.safetensors"))
    assert network.config.num_classes == len(CONCEPTS) and network.config.layers == BIG.layers
    z, classes = torch.randn(2, 1, 16), torch.eye(len(CONCEPTS))[:2, None]
    with torch.no_grad():
        assert torch.allclose(network(z, classes), big.slow.network(z, classes), atol=0.02)
    assert load_progan(str(tmp_path / "progan.safetensors")).config == PRO


def test_one_starts_from_earlier_weights() -> None:
    first = trainer("progan", 3)
    first.step(0, first.draw(0))
    network = first.slow.network
    assert isinstance(network, ProGAN)
    second = ProganTrainer(icons(), ProganPace(3, 4, 1e-3, 1), (tiny.clip(), tiny.tokenizer()), start=network)
    assert second.stage(0) == (2, 1.0), "grown up already"
    assert second.settings["from"] != "" and "from" not in first.settings
    assert all(torch.equal(a, b) for a, b in zip(second.model.parameters(), network.parameters(), strict=True))


def test_other_kinds_than_the_first_weights_are_refused() -> None:
    with pytest.raises(BadRequest, match="know 5 kinds, and these pictures show 2"):
        pictures = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
        guide = (tiny.clip(), tiny.tokenizer())
        BigganTrainer(Folder(pictures, ("a fox", "a bird")), BigganPace(2, 4, 1e-3, 1), guide, start=BigGAN(replace(BIG, num_classes=5)))


def test_a_folder_of_ones_own() -> None:
    pictures = torch.randint(0, 256, (4, 3, 16, 16), dtype=torch.uint8)
    guide = (tiny.clip(), tiny.tokenizer())
    told = BigganTrainer(Folder(pictures, ("a fox", "a bird") * 2), BigganPace(2, 4, 1e-3, 1), guide, config=BIG)
    assert told.config.num_classes == 2
    untold = ProganTrainer(Folder(pictures, ("",) * 4), ProganPace(2, 4, 1e-3, 1), guide, config=PRO)
    for learner in (told, untold):
        assert all(value == value for value in learner.step(0, learner.draw(0)).values())


def test_moves_are_the_same_for_real_and_painted() -> None:
    images, still = torch.rand(3, 3, 16, 16), torch.full((5, 3, 1, 1, 1), 0.5)
    assert torch.allclose(moved(images, still), images, atol=1e-5)
    wild = torch.rand(5, 3, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    assert torch.equal(moved(images, wild), moved(images.clone(), wild))
    assert not torch.allclose(moved(images, wild), images, atol=0.05)
