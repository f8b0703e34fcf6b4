"""Training the sketch: it learns, reads by the guide's tower and leaves that as it is, and what it exports can be loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from drawings import icons
from PIL import Image
from safetensors import safe_open

from reverie.errors import BadRequest
from reverie.nets.miniclip import MiniCLIP, MiniCLIPConfig
from reverie.nets.sketch import SketchConfig
from reverie.train.clip import vocabulary
from reverie.train.settings import SketchPace
from reverie.train.sketch import SketchTrainer
from reverie.weights import load_clip, load_sketch, save_network

TINY = SketchConfig(hands=3, widths=(16, 8), cond=16, hidden=16, dim=16, text_width=16)


def trainer(guide: MiniCLIP | None = None) -> SketchTrainer:
    return SketchTrainer(icons(), SketchPace(60, 12, 1e-2, 3), config=TINY, guide=guide)


def test_the_loss_falls() -> None:
    learner = trainer()
    losses = [learner.step(number, learner.draw(number))["loss"] for number in range(40)]
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])


def test_words_are_read_by_the_guides_tower() -> None:
    pieces = len(vocabulary(icons()).pieces)
    guide = MiniCLIP(MiniCLIPConfig(size=32, dim=16, widths=(8, 16), vocabulary=pieces, text_width=16))
    learner = trainer(guide)
    learner.step(0, learner.draw(0))
    for mine, its in zip(learner.model.text.parameters(), guide.text.parameters(), strict=True):
        assert torch.equal(mine, its)


def test_the_guides_tower_is_not_written_twice(tmp_path: Path) -> None:
    pieces = vocabulary(icons()).pieces
    guides = {}
    for seed, name in enumerate(("its own", "another")):
        torch.manual_seed(seed)
        guides[name] = tmp_path / f"{name}.safetensors"
        guide = MiniCLIP(MiniCLIPConfig(size=32, dim=16, widths=(8, 16), vocabulary=len(pieces), text_width=16))
        save_network(guides[name], "clip", guide, guide.config, pieces=list(pieces))
    learner = trainer(load_clip(str(guides["its own"]))[0])
    path = tmp_path / "sketch.safetensors"
    learner.export(path)
    with safe_open(path, framework="pt") as file:
        assert not [name for name in file.keys() if name.startswith("text.")]  # noqa: SIM118 - not a dict
    network, _ = load_sketch(str(path), str(guides["its own"]))
    assert torch.equal(network.text.head.weight, learner.model.text.head.weight)
    with pytest.raises(BadRequest, match="another text tower.*-o sketch.guide=FILE"):
        load_sketch(str(path), str(guides["another"]))


def test_what_is_exported_can_be_drawn_with(tmp_path: Path) -> None:
    learner = trainer()
    learner.step(0, learner.draw(0))
    learner.export(tmp_path / "sketch.safetensors")
    learner.sample(tmp_path, 1)
    network, tokens = load_sketch(str(tmp_path / "sketch.safetensors"))
    drawn = network(torch.tensor(tokens(["an owl"])), torch.tensor([0]))
    assert drawn.shape == (1, 3, TINY.size, TINY.size)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height == TINY.hands * 3 * TINY.size
