"""What ``reverie train`` does: pack the training pictures, train, and write weights that can paint at once."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import torch

from reverie import paths
from reverie.data.icons import TEST_SETS, TRAINING_SETS, Icons, pack
from reverie.errors import BadRequest, Failed
from reverie.train.clip import ClipTrainer
from reverie.train.loop import Trainer, never, run
from reverie.train.settings import ClipPace, Robust, Sitting, SketchPace, VqganPace
from reverie.train.sketch import SketchTrainer
from reverie.train.vqgan import VqganTrainer
from reverie.weights import load_clip

TRAINING, TESTING = "icons.safetensors", "test.safetensors"


def home() -> Path:
    return paths.cache_dir() / "train"


def data(folder: Path | None = None, force: bool = False) -> None:
    """Fetch the icon sets and render them: those to learn from, and one that is for evaluation only."""
    folder = folder or home()
    wanted = [(folder / TRAINING, TRAINING_SETS, 5), (folder / TESTING, TEST_SETS, 1)]
    if not force and all(path.exists() for path, _, _ in wanted):
        print(f"Already packed: {folder / TRAINING} and {TESTING}. --force packs them again.")
        return
    if importlib.util.find_spec("resvg_py") is None:
        raise BadRequest("Rendering the icons needs resvg_py: pip install 'reverie[train]'.")
    try:
        for path, sets, least in wanted:
            print(f"fetching and rendering {', '.join(sets)} ...", flush=True)
            icons = pack(folder / "npm", sets, least=least)
            icons.save(path)
            print(f"{path}: {len(icons.pictures)} drawings of {len(icons.concepts)} concepts", flush=True)
    except OSError as error:
        raise Failed(f"Cannot write to {folder}: {error.strerror or error}.") from error


def clip(pace: ClipPace, robust: Robust, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never) -> Path:
    """Train the perceptor, or go on; gives the path of its weights."""
    icons = _prepared(sitting)
    return train(ClipTrainer(icons, pace, robust, seed, device=sitting.device), sitting, should_stop)


def vqgan(pace: VqganPace, guide: str | None, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never) -> Path:
    """Train the generator, or go on; ``guide`` (``mini`` or a perceptor's file) is for the perceptual term. Gives the weights' path."""
    network = None if guide is None else load_clip(guide)[0]
    icons = _prepared(sitting)
    return train(VqganTrainer(icons, pace, network, seed, device=sitting.device), sitting, should_stop)


def sketch(pace: SketchPace, guide: str, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never) -> Path:
    """Train the sketch, or go on; words are read by ``guide`` (``mini`` or a perceptor's file). Gives the weights' path."""
    network = load_clip(guide)[0]
    icons = _prepared(sitting)
    return train(SketchTrainer(icons, pace, seed, guide=network), sitting, should_stop)


def _prepared(sitting: Sitting) -> Icons:
    if sitting.device.startswith("cuda") and not torch.cuda.is_available():
        raise BadRequest(f"--device {sitting.device}: this machine has no CUDA that torch can use. There is: cpu.")
    if sitting.threads is not None:
        torch.set_num_threads(sitting.threads)
    return Icons.load((sitting.data or home()) / TRAINING)


def train(trainer: Trainer, sitting: Sitting, should_stop: Callable[[], bool] = never) -> Path:
    """Run one sitting and write the weights as they are then, finished or not."""
    folder = sitting.out or home() / trainer.kind
    done = run(trainer, folder, sitting, should_stop)
    path = folder / f"{trainer.kind}.safetensors"
    trainer.export(path)
    if done < trainer.pace.steps:
        print(f"{done} of {trainer.pace.steps} steps; the same command goes on", flush=True)
    return path
