"""What ``reverie train`` does: pack the training pictures, train, and write weights that can paint at once."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from reverie import paths
from reverie.data import synonyms
from reverie.data.concepts import kept_apart
from reverie.data.folder import MARGIN, Folder
from reverie.data.icons import TEST_SETS, TRAINING_SETS, Icons, names_from_npm, pack
from reverie.errors import BadRequest, Failed
from reverie.nets.codes import CodesConfig
from reverie.nets.miniclip import MiniCLIP, MiniCLIPConfig
from reverie.nets.sketch import SketchConfig
from reverie.train import together
from reverie.train.clip import ClipTrainer
from reverie.train.codes import CodesTrainer, Readers
from reverie.train.folder_clip import FolderClipTrainer
from reverie.train.gan import MINI_BIGGAN, MINI_PROGAN, BigganTrainer, ProganTrainer
from reverie.train.judge import JudgeTrainer
from reverie.train.loop import Trainer, never, run
from reverie.train.settings import BigganPace, ClipPace, CodesPace, JudgePace, ProganPace, Robust, Sitting, SketchPace, VqganPace
from reverie.train.sketch import SketchTrainer
from reverie.train.source import Data
from reverie.train.start import came_from
from reverie.train.vqgan import CROP, VqganTrainer
from reverie.weights import load_biggan, load_clip, load_codes, load_judge, load_progan, load_sketch, load_vqgan

TRAINING, TESTING, HELD = "icons.safetensors", "test.safetensors", "held.safetensors"
LEAST = 5  # drawings of a thing to learn it from: fewer teach a hand's style and not the thing


def home() -> Path:
    return paths.cache_dir() / "train"


def data(folder: Path | None = None, force: bool = False, held_out: float = 0.0) -> None:
    """Fetch the icon sets and render what is not packed yet: what to learn from, a set for evaluation only, and things kept
    apart, that is those too rarely drawn to be learnt or, where a share is ``held_out``, that share of the others.
    """
    if not 0 <= held_out < 1:
        raise BadRequest(f"--held-out {held_out}: a share of the things, from 0 to below 1, such as 0.05.")
    folder, names = folder or home(), (TRAINING, HELD, TESTING)
    wanted = [name for name in names if force or not (folder / name).exists()]
    if held_out and wanted not in ([], [TESTING]):
        wanted = list(dict.fromkeys((TRAINING, HELD, *wanted)))  # what one leaves out is in the other
    if not wanted:
        print(f"Already packed: {', '.join(names)} in {folder}. --force packs them again.")
        return
    if importlib.util.find_spec("resvg_py") is None:
        raise BadRequest("Rendering the icons needs resvg_py: pip install 'reverie[train]'.")
    try:
        for name in wanted:
            print(f"fetching and rendering {', '.join(TEST_SETS if name == TESTING else TRAINING_SETS)} ...", flush=True)
            icons = _packed(folder / "npm", name, held_out)
            icons.save(folder / name)
            print(f"{folder / name}: {len(icons.pictures)} drawings of {len(icons.concepts)} concepts", flush=True)
    except OSError as error:
        raise Failed(f"Cannot write to {folder}: {error.strerror or error}.") from error


def _packed(npm: Path, name: str, held_out: float) -> Icons:
    if name == TESTING:
        return replace(pack(npm, TEST_SETS, every=True), names=names_from_npm(npm))
    if name == HELD and not held_out:
        return pack(npm, TRAINING_SETS, range(1, LEAST))
    icons = pack(npm, TRAINING_SETS, range(LEAST, 100))
    held = kept_apart(icons.concepts, held_out)
    if name == HELD:
        return icons.only(held)
    icons = icons.only({concept.name for concept in icons.concepts} - held)
    return replace(icons, synonyms={word: near for word, near in _synonyms(icons).items() if word not in held})


def _synonyms(icons: Icons) -> dict[str, dict[str, float]]:
    if not synonyms.available():
        print(f"words that nobody drew will mean nothing, since there is no sentence encoder here: {synonyms.INSTALL}", flush=True)
        return {}
    encode, words = synonyms.sentence_encoder()
    found = synonyms.likenesses(icons.concepts, words, encode)
    print(f"{len(found):,} more words are like something that was drawn", flush=True)
    return found


def clip(
    pace: ClipPace, robust: Robust, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never, start: str | None = None
) -> Path:
    """Train the perceptor, or go on; ``start`` (``mini`` or a file) gives its first weights. Gives the weights' path."""
    first = None if start is None else load_clip(start)
    found = _pictures(sitting, (first[0].config if first else MiniCLIPConfig()).size)
    if isinstance(found, Folder):
        return train(FolderClipTrainer(found, pace, robust, seed, device=sitting.device, start=first), sitting, should_stop)
    return train(ClipTrainer(found, pace, robust, seed, device=sitting.device, start=first), sitting, should_stop)


def vqgan(
    pace: VqganPace, guide: str | None, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never, start: str | None = None
) -> Path:
    """Train the generator, or go on; ``guide`` (``mini`` or a perceptor's file) is for the perceptual term, ``start``
    (``mini`` or a file) gives the first weights. Gives the weights' path.
    """
    network = None if guide is None else load_clip(guide)[0]
    first = None if start is None else load_vqgan(start)
    found = _pictures(sitting, 2 * CROP, captions=False)
    return train(VqganTrainer(found, pace, network, seed, device=sitting.device, start=first), sitting, should_stop)


def sketch(
    pace: SketchPace, guide: str | None, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never, start: str | None = None
) -> Path:
    """Train the sketch, or go on; words are read by ``guide`` (``mini`` or a perceptor's file), ``start`` (``mini`` or a
    file) gives the first weights and reads as it always did. Gives the weights' path.
    """
    first = None
    reader: MiniCLIP | None
    reader, tokens = load_clip(guide or "mini")
    if start:
        first, tokens = load_sketch(start, guide or "mini")
        if came_from(first.text) != came_from(reader.text):
            if guide:
                raise BadRequest(f"--guide {guide}: {start} has a text tower of its own, and goes on reading by that. Leave --guide out.")
            reader = None
    found = _pictures(sitting, (first.config if first else SketchConfig()).size, moving=False)
    trainer = SketchTrainer(found, pace, seed, guide=reader, tokens=tokens, start=first)
    return train(trainer.to(sitting.device), sitting, should_stop)


def biggan(
    pace: BigganPace, guide: str, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never, start: str | None = None
) -> Path:
    """Train the GAN of kinds, or go on; its critic sees by ``guide`` (``mini`` or a perceptor's file), ``start`` (``mini`` or
    a file) gives its first weights. Gives the weights' path.
    """
    first = None if start is None else load_biggan(start)
    found = _pictures(sitting, (first.config if first else MINI_BIGGAN).size, moving=False)
    trainer = BigganTrainer(found, pace, load_clip(guide), seed, start=first)
    return train(trainer.to(sitting.device), sitting, should_stop)


def progan(
    pace: ProganPace, guide: str, sitting: Sitting, seed: int = 0, should_stop: Callable[[], bool] = never, start: str | None = None
) -> Path:
    """Train the growing GAN, or go on, as ``biggan``; pictures need no captions."""
    first = None if start is None else load_progan(start)
    found = _pictures(sitting, (first.config if first else MINI_PROGAN).size, captions=False, moving=False)
    trainer = ProganTrainer(found, pace, load_clip(guide), seed, start=first)
    return train(trainer.to(sitting.device), sitting, should_stop)


def judge(pace: JudgePace, sitting: Sitting, seed: int = 1000, should_stop: Callable[[], bool] = never, start: str | None = None) -> Path:
    """Train the recogniser that never guides, or go on; ``start`` (``mini`` or a file) gives its first weights. Gives the weights' path."""
    if sitting.data and not (sitting.data / TRAINING).exists():
        raise BadRequest(
            f"--data {sitting.data}: a judge learns facts apart, which captions do not tell; only what `reverie train data` made does."
        )
    first = None if start is None else load_judge(start)
    return train(JudgeTrainer(_prepared(sitting), pace, seed, device=sitting.device, start=first), sitting, should_stop)


def codes(
    pace: CodesPace,
    readers: tuple[str, str],
    sitting: Sitting,
    seed: int = 0,
    should_stop: Callable[[], bool] = never,
    start: str | None = None,
) -> Path:
    """Train the code transformer, or go on; of the ``readers`` the first, a guide, reads the captions, the second is the VQGAN
    whose codes are learnt, ``start`` gives the first weights (each ``mini`` or a file). Gives the weights' path.
    """
    guide, vqgan = readers
    first, painter = None if start is None else load_codes(start), load_vqgan(vqgan)
    side = (first[0].config if first else CodesConfig()).side * painter.config.factor
    found = _pictures(sitting, side, moving=False)
    trainer = CodesTrainer(found, pace, Readers(*load_clip(guide), painter), seed, None, sitting.device, first)
    return train(trainer, sitting, should_stop)


def _prepared(sitting: Sitting) -> Icons:
    _settle(sitting)
    return Icons.load((sitting.data or home()) / TRAINING)


def _pictures(sitting: Sitting, size: int, captions: bool = True, moving: bool = True) -> Data:
    """What ``reverie train data`` packed, or a folder of one's own pictures for views of ``size``, ``moving`` or still."""
    folder = sitting.data
    if folder is None or (folder / TRAINING).exists():
        return _prepared(sitting)
    _settle(sitting)
    found = Folder.read(folder, round(size * MARGIN) if moving else size, captions)
    together.say(f"{folder}: {len(found.captions):,} pictures" + f", {len(set(found.captions)):,} captions" * captions)
    return found


def _settle(sitting: Sitting) -> None:
    if sitting.device.startswith("cuda") and not torch.cuda.is_available():
        raise BadRequest(f"--device {sitting.device}: this machine has no CUDA that torch can use. There is: cpu.")
    if sitting.threads is not None:
        torch.set_num_threads(sitting.threads)


def train(trainer: Trainer, sitting: Sitting, should_stop: Callable[[], bool] = never) -> Path:
    """Run one sitting and write the weights as they are then, finished or not."""
    folder = sitting.out or home() / trainer.kind
    done = run(trainer, folder, sitting, should_stop)
    path = folder / f"{trainer.kind}.safetensors"
    if together.rank() == 0:
        trainer.export(path)
    if done < trainer.pace.steps:
        together.say(f"{done} of {trainer.pace.steps} steps; the same command goes on")
    return path
