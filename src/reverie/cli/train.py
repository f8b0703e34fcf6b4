"""``reverie train data|clip|vqgan``: how the built-in models are made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from reverie.train.settings import ClipPace, Robust, Sitting, SketchPace, VqganPace

app = App(name="train", help="Make the training pictures and train the built-in models from them.")
Flat = Parameter(name="*")
Seed = Annotated[int, Parameter(help="of weights and scenes")]


@app.command
def data(
    *,
    out: Annotated[Path | None, Parameter(help="folder to pack into; Reverie's cache by default")] = None,
    force: Annotated[bool, Parameter(negative=(), show_default=False, help="pack again what is packed")] = False,
) -> int:
    """Fetch openly licensed icon sets from npm and render them."""
    from reverie.train import commands

    commands.data(out, force)
    return 0


@app.command
def clip(
    *,
    pace: Annotated[ClipPace, Flat] = ClipPace(),  # noqa: B008 - frozen
    robust: Annotated[Robust, Flat] = Robust(),  # noqa: B008
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the perceptor, or go on where it was; paint with it by -o mini.weights=FILE."""
    from reverie.train import commands

    return _sit(lambda should_stop: commands.clip(pace, robust, sitting, seed, should_stop))


@app.command
def vqgan(
    *,
    pace: Annotated[VqganPace, Flat] = VqganPace(),  # noqa: B008 - frozen
    guide: Annotated[str | None, Parameter(help="'mini' or a clip.safetensors, for the perceptual term; none by default")] = None,
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the generator, or go on where it was; paint with it by -o vqgan.weights=FILE."""
    from reverie.train import commands

    return _sit(lambda should_stop: commands.vqgan(pace, guide, sitting, seed, should_stop))


@app.command
def sketch(
    *,
    pace: Annotated[SketchPace, Flat] = SketchPace(),  # noqa: B008 - frozen
    guide: Annotated[str, Parameter(help="'mini' or a clip.safetensors, which reads the words")] = "mini",
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the sketch that paintings start from, or go on where it was; start from it by -o sketch.weights=FILE."""
    from reverie.train import commands

    return _sit(lambda should_stop: commands.sketch(pace, guide, sitting, seed, should_stop))


def _sit(training: Callable[[Callable[[], bool]], Path]) -> int:
    """Train until done or Ctrl-C, which saves and ends; says where the weights are."""
    from reverie.cli.interrupt import STOPPED, stoppable

    with stoppable("the training so far") as asked:
        print(training(asked))
        return STOPPED if asked() else 0
