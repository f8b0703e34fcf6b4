"""Training the code transformer: it learns, goes on as if never stopped, and samples from what it exports."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch
from drawings import icons
from PIL import Image
from test_nets_codes import TINY

from reverie.errors import BadRequest
from reverie.nets.codes import CodeTransformer
from reverie.train import codes as module
from reverie.train.codes import CodesTrainer, Readers
from reverie.train.commands import train
from reverie.train.settings import CodesPace, Sitting
from reverie.weights import load_codes


@pytest.fixture(autouse=True)
def small_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes round within a few steps."""
    monkeypatch.setattr(module, "POOL", 24)


def trainer(vqgan_seed: int = 0, steps: int = 60) -> CodesTrainer:
    readers = Readers(tiny.clip(), tiny.tokenizer(), tiny.vqgan(seed=vqgan_seed))
    return CodesTrainer(icons(), CodesPace(steps, 16, 1e-2, 3), readers, config=TINY)


def test_the_loss_falls() -> None:
    learner = trainer()
    losses = [learner.step(number, learner.draw(number))["loss"] for number in range(60)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_the_pool_holds_the_last_scenes_as_the_readers_see_them() -> None:
    learner = trainer()
    for number in range(8):  # four new scenes each: the pool of 24 has come round
        learner.step(number, learner.draw(number))
    plain, vqgan, clip = learner.draw(7), tiny.vqgan(), tiny.clip()
    rows = slice(4, 8)
    codes = vqgan.quantize.indices(vqgan.encode(plain.images * 2 - 1))
    assert (learner.pool.codes[rows] == codes).float().mean() > 0.8  # bf16 here and there takes a neighbour
    read = clip.read(torch.tensor(tiny.tokenizer()(plain.captions)))
    assert (learner.pool.read[rows].float() - read).abs().max() < 1e-3
    assert torch.equal(learner.pool.hands[rows], plain.hands)
    assert len(plain.images) == 4 and plain.images.shape[-1] == TINY.side * vqgan.config.factor


def test_readers_are_left_as_they_are() -> None:
    learner, before = trainer(), tiny.vqgan().state_dict()
    learner.step(0, learner.draw(0))
    for name, value in learner.vqgan.state_dict().items():
        assert torch.equal(value, before[name])


def test_stopped_and_resumed_equals_undisturbed(tmp_path: Path) -> None:
    """The pool too: what is drawn again after the stop was put there before it."""
    whole = train(trainer(steps=8), Sitting(out=tmp_path / "whole"))
    left = iter((False, False, True))
    train(trainer(steps=8), Sitting(out=tmp_path / "halved"), lambda: next(left))
    assert torch.load(tmp_path / "halved" / "last.pt", weights_only=True)["step"] == 3
    assert train(trainer(steps=8), Sitting(out=tmp_path / "halved")).read_bytes() == whole.read_bytes()


def test_another_vqgan_is_another_training(tmp_path: Path) -> None:
    train(trainer(steps=1), Sitting(out=tmp_path))
    with pytest.raises(BadRequest, match="another training: .*vqgan"):
        train(trainer(vqgan_seed=1, steps=1), Sitting(out=tmp_path))


def test_a_start_keeps_what_it_learnt_of_the_same_codes(tmp_path: Path) -> None:
    first = load_codes(str(train(trainer(steps=2), Sitting(out=tmp_path))))
    readers = Readers(tiny.clip(seed=5), tiny.tokenizer(), tiny.vqgan())  # words may be read by another guide
    learner = CodesTrainer(icons(), CodesPace(60, 16, 1e-2, 3), readers, start=first)
    for mine, its in zip(learner.model.parameters(), first[0].parameters(), strict=True):
        assert torch.equal(mine, its) and mine.data_ptr() != its.data_ptr() and mine.requires_grad
    assert learner.settings["from"] and "from" not in trainer().settings
    others = Readers(tiny.clip(), tiny.tokenizer(), tiny.vqgan(seed=1))
    with pytest.raises(BadRequest, match="learnt another VQGAN's codes"):
        CodesTrainer(icons(), CodesPace(60, 16, 1e-2, 3), others, start=first)


def test_what_is_exported_can_be_sampled_from(tmp_path: Path) -> None:
    learner = trainer()
    learner.step(0, learner.draw(0))
    learner.export(tmp_path / "codes.safetensors")
    learner.sample(tmp_path, 1)
    network, reads = load_codes(str(tmp_path / "codes.safetensors"))
    assert isinstance(network, CodeTransformer) and network.config == learner.model.config
    assert reads == learner.reads
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height == TINY.hands * TINY.side * tiny.CODES.ch_mult[-1] and sheet.width > sheet.height
