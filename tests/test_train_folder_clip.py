"""Training on pictures of one's own: it learns, holds nothing true to be false, goes on exactly, and what it leaves paints."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pictures
import pytest
import torch

from reverie.cli import main
from reverie.data.folder import Folder
from reverie.errors import BadRequest
from reverie.files import read_recipe
from reverie.nets.codes import CodesConfig
from reverie.nets.miniclip import MiniCLIPConfig
from reverie.nets.sketch import SketchConfig
from reverie.nets.vqgan import VQGANConfig
from reverie.train.clip import ClipTrainer
from reverie.train.codes import CodesTrainer, Readers
from reverie.train.commands import sketch, train
from reverie.train.folder_clip import FolderClipTrainer, _plain, differing
from reverie.train.settings import ClipPace, CodesPace, Robust, Sitting, SketchPace, VqganPace
from reverie.train.sketch import SketchTrainer
from reverie.train.vqgan import VqganTrainer
from reverie.weights import load_clip, load_sketch, load_vqgan, save_network

EYES = MiniCLIPConfig(size=32, dim=16, widths=(8, 16), text_width=16, text_layers=1)
CODES = VQGANConfig(
    ch=8, ch_mult=(1, 2), num_res_blocks=1, attn_resolutions=(), resolution=32, z_channels=8, embed_dim=8, n_embed=32, groups=4
)
HAND = SketchConfig(hands=2, widths=(16, 8), cond=16, hidden=16, dim=16, text_width=16)


def clip(path: Path, steps: int = 8, radius: float = 0.3, batch: int = 6) -> FolderClipTrainer:
    return FolderClipTrainer(Folder.read(path, 40), ClipPace(steps, batch, 5e-3, 2), Robust(radius), config=EYES)


def trainer(kind: str, path: Path) -> FolderClipTrainer | VqganTrainer | SketchTrainer:
    if kind == "clip":
        return clip(path)
    if kind == "vqgan":
        return VqganTrainer(Folder.read(path, 160, captions=False), VqganPace(8, 2, 1e-3, 2), None, config=CODES)
    return SketchTrainer(Folder.read(path, HAND.size), SketchPace(8, 4, 1e-3, 2), config=HAND)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return pictures.folder(tmp_path / "own")


@pytest.mark.parametrize("radius", [0.0, 0.3])
def test_the_loss_falls(own: Path, radius: float) -> None:
    learner = clip(own, 60, radius)
    losses = [learner.step(number, learner.draw(number))["loss"] for number in range(60)]
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])


def test_the_same_words_are_never_held_to_be_wrong() -> None:
    assert _plain("A cat!") == _plain("a  cat !") != _plain("a dog")
    assert differing(torch.tensor([0, 1, 0, 1])).tolist() == [
        [True, True, False, True],
        [True, True, True, False],
        [False, True, True, True],
        [True, False, True, True],
    ]


def test_captions_that_are_all_the_same_teach_nothing(own: Path) -> None:
    found = Folder(Folder.read(own, 40).pictures, ("a thing", "A thing", *["a thing"] * 4))
    with pytest.raises(BadRequest, match="All 6 pictures have the same caption"):
        FolderClipTrainer(found, ClipPace(), Robust(), config=EYES)


def test_long_captions_are_read_to_their_end(own: Path) -> None:
    found = Folder.read(own, 40)
    long = " ".join("abcdefghijklmnopqrstuvwxyzabcdefghij")
    learner = FolderClipTrainer(replace(found, captions=(long, *found.captions[1:])), ClipPace(), Robust(), config=EYES)
    assert learner.model.config.length == learner.tokens.length == 36 and learner.tokens.fits(long)


# Dies by SIGKILL after five steps, of which four were saved.
DIES = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[4:]
import torch
from test_train_folder_clip import Sitting, train, trainer
torch.set_num_threads(1)
left = iter(range(4))
def die():
    if next(left, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return False
train(trainer(sys.argv[1], Path(sys.argv[2])), Sitting(out=Path(sys.argv[3]), save_every=0), die)
"""


@pytest.mark.parametrize("kind", ["clip", "vqgan", "sketch"])
def test_killed_and_resumed_equals_undisturbed(own: Path, tmp_path: Path, kind: str) -> None:
    whole = train(trainer(kind, own), Sitting(out=tmp_path / "whole"))
    command = [sys.executable, "-c", DIES, kind, str(own), str(tmp_path / "killed"), str(Path(__file__).parent), *sys.path]
    died = subprocess.run(command, capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert torch.load(tmp_path / "killed" / "last.pt", weights_only=True)["step"] == 4
    resumed = train(trainer(kind, own), Sitting(out=tmp_path / "killed", workers=2))
    assert resumed.read_bytes() == whole.read_bytes()


def test_a_folder_that_changed_is_another_training(own: Path, tmp_path: Path) -> None:
    train(clip(own), Sitting(out=tmp_path / "out", minutes=1e-9))
    (own / "more" / f"{pictures.NAMES[-1]}.txt").write_text("something else")
    with pytest.raises(BadRequest, match="of another training: data"):
        train(clip(own), Sitting(out=tmp_path / "out"))


def test_from_an_earlier_model(own: Path, tmp_path: Path) -> None:
    first = load_clip(str(train(clip(own), Sitting(out=tmp_path / "first"))))
    learner = FolderClipTrainer(Folder.read(own, 40), ClipPace(), Robust(), start=first)
    assert learner.tokens is first[1] and learner.model.config == first[0].config
    before = {name: value.clone() for name, value in first[0].state_dict().items()}
    assert all(torch.equal(value, before[name]) for name, value in learner.model.state_dict().items())
    assert learner.settings["from"] and "from" not in clip(own).settings
    learner.step(0, learner.draw(0))
    assert not torch.equal(learner.model.image.head.weight, before["image.head.weight"])
    assert torch.equal(first[0].image.head.weight, before["image.head.weight"]), "what was loaded stays as it was"


def test_a_generator_goes_on_from_its_codes(own: Path, tmp_path: Path) -> None:
    first = load_vqgan(str(train(trainer("vqgan", own), Sitting(out=tmp_path / "first"))))
    learner = VqganTrainer(Folder.read(own, 160, captions=False), VqganPace(40, 2, 1e-3, 2), None, start=first)
    assert torch.equal(learner.averages.total, first.quantize.embedding.weight)
    assert learner.step(0, learner.draw(0))["codes"] > 0, "pinned to codes from the first step"


def test_icons_from_an_earlier_model(tmp_path: Path) -> None:
    from drawings import icons

    pace = ClipPace(3, 4, 1e-3, 1, words=2)
    first = load_clip(str(train(ClipTrainer(icons(), pace, Robust(0), config=EYES), Sitting(out=tmp_path))))
    learner = ClipTrainer(icons(), pace, Robust(0), start=first)
    assert learner.tokens is first[1] and torch.equal(learner.model.image.head.weight, first[0].image.head.weight)


def test_codes_are_learnt_from_a_folder_too(own: Path, tmp_path: Path) -> None:
    painter = VqganTrainer(Folder.read(own, 160, captions=False), VqganPace(), None, config=CODES)
    readers = Readers(clip(own).model, clip(own).tokens, painter.model)
    learner = CodesTrainer(Folder.read(own, 8), CodesPace(20, 4, 1e-2, 2), readers, config=CodesConfig(side=4, width=32, heads=2, hands=2))
    assert learner.sheet == tuple(dict.fromkeys(Folder.read(own, 8).captions)) and learner.draw(0).images.shape[-1] == 8
    losses = [learner.step(number, learner.draw(number))["loss"] for number in range(20)]
    assert sum(losses[-3:]) < 0.9 * sum(losses[:3])
    learner.sample(tmp_path, 1)
    assert (tmp_path / "sheet.png").exists()


def test_train_everything_and_paint(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through the command line; tiny networks are started from, so that the real sizes need not be waited for."""
    learner = clip(own)
    learner.export(tmp_path / "eyes.safetensors")
    save_network(
        tmp_path / "codes.safetensors", "vqgan", VqganTrainer(Folder.read(own, 160, False), VqganPace(), None, config=CODES).model, CODES
    )
    SketchTrainer(Folder.read(own, HAND.size), SketchPace(), config=HAND).export(tmp_path / "hand.safetensors")
    for kind, start in (("clip", "eyes"), ("vqgan", "codes"), ("sketch", "hand")):
        words = ["train", kind, "--data", str(own), "--out", str(tmp_path / kind), "--from", str(tmp_path / f"{start}.safetensors")]
        assert main([*words, "--steps", "2", "--batch", "2", "--warmup", "1"]) == 0
        told = capsys.readouterr().out.splitlines()
        assert told[0].startswith(f"{own}: 6 pictures") and told[-1] == str(tmp_path / kind / f"{kind}.safetensors")
    paint = ["paint", "a red disc", "--size", "32", "--steps", "1", "--views", "2", "--quiet", "--out", str(tmp_path / "disc.png")]
    paint += ["-o", f"sketch.weights={tmp_path / 'sketch' / 'sketch.safetensors'}"]
    assert main([*paint, "--generator", str(tmp_path / "vqgan"), "--perceptor", str(tmp_path / "clip" / "clip.safetensors")]) == 0
    assert read_recipe(tmp_path / "disc.png").dream.generator == str(tmp_path / "vqgan")


def test_a_sketch_goes_on_reading_as_it_did(own: Path, tmp_path: Path) -> None:
    pace, config = SketchPace(2, 2, 1e-3, 1), replace(EYES, text_layers=2)
    learner = FolderClipTrainer(Folder.read(own, 40), ClipPace(), Robust(), config=config)
    learner.export(tmp_path / "eyes.safetensors")
    guide = str(tmp_path / "eyes.safetensors")
    SketchTrainer(Folder.read(own, HAND.size), pace, 0, HAND, *load_clip(guide)).export(tmp_path / "hand.safetensors")
    path = sketch(pace, guide, Sitting(data=own, out=tmp_path / "on"), start=str(tmp_path / "hand.safetensors"))
    assert torch.equal(load_sketch(str(path), guide)[0].text.head.weight, load_clip(guide)[0].text.head.weight)
    with pytest.raises(BadRequest, match="reads by another text tower"):
        sketch(pace, None, Sitting(data=own), start=str(path))
    SketchTrainer(Folder.read(own, HAND.size), pace, config=HAND).export(tmp_path / "whole.safetensors")
    with pytest.raises(BadRequest, match="has a text tower of its own"):
        sketch(pace, guide, Sitting(data=own), start=str(tmp_path / "whole.safetensors"))


def test_a_guide_of_another_build_is_told(own: Path, tmp_path: Path) -> None:
    path = train(clip(own), Sitting(out=tmp_path / "out", minutes=1e-9))  # a text tower of one layer
    with pytest.raises(BadRequest, match="whose text tower is built otherwise"):
        sketch(SketchPace(), str(path), Sitting(data=own))


def test_broken_pictures_stop_the_command(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "broken.png").write_text("")
    assert main(["train", "vqgan", "--data", str(own)]) == 2
    assert "1 pictures cannot be learnt from" in capsys.readouterr().err
