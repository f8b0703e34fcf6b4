"""Training the mini CLIP: it learns, the attack stays in its ball, and nothing true is taught to be false."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from drawings import icons
from torch import Tensor

from reverie.data.captions import Facts
from reverie.nets.miniclip import MiniCLIPConfig
from reverie.tokens import UNKNOWN, words
from reverie.train.clip import Batch, ClipTrainer, allowed, photographed, vocabulary
from reverie.train.settings import ClipPace, Robust
from reverie.weights import load_clip

TINY = MiniCLIPConfig(size=32, dim=32, widths=(8, 16, 32), text_width=32, text_layers=1)


def trainer(steps: int = 30, radius: float = 0.3, batch: int = 12) -> ClipTrainer:
    return ClipTrainer(icons(), ClipPace(steps, batch, 5e-3, 5, words=20), Robust(radius), config=TINY)


@torch.no_grad()
def judged(learner: ClipTrainer) -> float:
    """The loss over scenes that it does not learn from, unattacked."""
    drawn = learner.draw(10**6)
    return learner._loss(drawn.images, learner.model.read(drawn.pieces), allowed(drawn.shown), drawn.answers)[0].item()


@pytest.mark.parametrize("radius", [0.0, 0.3])
def test_the_loss_falls(radius: float) -> None:
    learner = trainer(radius=radius)
    before = judged(learner)
    for number in range(30):
        learner.step(number, learner.draw(number))
    assert judged(learner) < 0.85 * before


def flat(drawn: Batch) -> list[Tensor]:
    return [drawn.images, drawn.pieces, drawn.shown, *drawn.answers, drawn.noise]


def test_a_step_starts_from_its_number_alone() -> None:
    one, other = trainer(), trainer()
    other.draw(3)
    for a, b in zip(flat(one.draw(4)), flat(other.draw(4)), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(one.draw(4).images, one.draw(5).images)


def test_the_attack_grows_and_stays_in_its_ball() -> None:
    learner = ClipTrainer(icons(), ClipPace(100, 12, 5e-3, 5, words=20), Robust(0.8, warm=0.35), config=TINY)
    radii = [learner.robust.radius_at(number, 100) for number in range(101)]
    assert radii[0] == 0 and radii[100] == 0.8
    assert radii == sorted(radii) and radii[35] == pytest.approx(0.8) and radii[17] < 0.41
    assert torch.allclose(learner.draw(0).noise.flatten(1).norm(dim=1), torch.ones(12))


def watched(learner: ClipTrainer, monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """Copies of the views that the network is shown from now on."""
    seen: list[Tensor] = []
    look = learner.model.look

    def watch(images: Tensor) -> Tensor:
        seen.append(images.detach().clone())
        return look(images)

    monkeypatch.setattr(learner.model, "look", watch)
    return seen


def test_what_is_looked_at_stays_within_the_radius(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = trainer(steps=10, radius=0.5)
    drawn, seen = learner.draw(9), watched(learner, monkeypatch)
    learner.step(9, drawn)
    assert len(seen) == learner.robust.replays
    for images in seen:
        far = (images - drawn.images).flatten(1).norm(dim=1)
        assert far.max() <= 0.5 + 1e-5 and far.min() > 0
        assert images.min() >= 0 and images.max() <= 1
    assert not torch.equal(*seen)


def test_without_a_radius_it_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = trainer(radius=0)
    drawn, seen = learner.draw(9), watched(learner, monkeypatch)
    assert learner.step(9, drawn)["radius"] == 0
    assert len(seen) == 1 and torch.equal(seen[0], drawn.images)


def test_captions_of_the_same_thing_are_not_held_against_each_other() -> None:
    mask = allowed(trainer()._shown([Facts("apple"), Facts("owl", second="apple"), Facts("owl"), Facts("box")]))
    assert mask[:, :4].tolist() == [
        [True, False, True, True],
        [False, True, False, True],
        [True, False, True, True],
        [True, True, True, True],
    ]
    assert mask.shape == (4, 8) and mask[:, 4:].tolist() == torch.eye(4, dtype=torch.bool).tolist(), "everybody's own contrast alone"


def test_the_vocabulary_knows_every_word_that_is_said() -> None:
    tokens = vocabulary(icons())
    said = {word for caption in trainer(batch=200).maker(200, 0).captions for word in words(caption) if word.isalnum()}
    assert len(said) > 60 and not [word for word in said if UNKNOWN in tokens.pieces_of(word)]
    assert all(len(tokens.pieces_of(word)) == 1 for word in ("apple", "house", "owl", "background"))


def test_photographs_stay_in_range_and_differ() -> None:
    images = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    shot = photographed(images, torch.Generator().manual_seed(1))
    assert shot.min() >= 0 and shot.max() <= 1
    assert ((shot - images).abs().mean(dim=(1, 2, 3)) > 1e-3).all()
    assert torch.equal(shot, photographed(images, torch.Generator().manual_seed(1)))


def test_the_export_is_read_by_the_perceptor(tmp_path: Path) -> None:
    learner = trainer()
    learner.step(0, learner.draw(0))
    learner.export(tmp_path / "clip.safetensors")
    network, tokens = load_clip(str(tmp_path / "clip.safetensors"))
    assert network.config == replace(TINY, vocabulary=len(learner.tokens.pieces)) and tokens.pieces == learner.tokens.pieces
    slow = learner.slow.network.state_dict()["image.head.weight"]
    assert torch.equal(network.image.head.weight, slow.half().float())


def test_settings_tell_trainings_apart() -> None:
    base = trainer().settings
    assert base == trainer().settings
    others = [
        trainer(radius=0.4),
        trainer(steps=31),
        ClipTrainer(icons(), ClipPace(30, 12, 5e-3, 5, words=20), Robust(0.3), seed=1, config=TINY),
        ClipTrainer(icons(), ClipPace(30, 12, 5e-3, 5, words=20), Robust(0.3), config=replace(TINY, dim=16)),
    ]
    assert all(other.settings != base for other in others)


def test_a_model_to_start_from_keeps_its_words() -> None:
    first = trainer()
    first.step(0, first.draw(0))
    start = (copy.deepcopy(first.model), first.tokens)
    learner = ClipTrainer(icons(), ClipPace(30, 12, 5e-3, 5, words=20), Robust(0.3), start=start)
    learner.step(0, learner.draw(0))
    for mine, its in zip(learner.model.text.parameters(), start[0].text.parameters(), strict=True):
        assert torch.equal(mine, its)
    assert not torch.equal(learner.model.image.head.weight, start[0].image.head.weight)
