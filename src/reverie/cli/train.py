"""``reverie train data|clip|vqgan|...``: how the built-in models are made, and people's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from reverie.train.settings import BigganPace, ClipPace, CodesPace, JudgePace, ProganPace, Robust, Sitting, SketchPace, VqganPace

app = App(name="train")
Flat = Parameter(name="*")
Seed = Annotated[int, Parameter(help="of weights and scenes")]
Start = Annotated[str | None, Parameter(name="--from", help="earlier weights to start from, 'mini' or a file, instead of from chance")]


@app.command
def data(
    *,
    out: Annotated[Path | None, Parameter(help="folder to pack into; Reverie's cache by default")] = None,
    force: Annotated[bool, Parameter(negative=(), show_default=False, help="pack again what is packed")] = False,
    held_out: Annotated[float, Parameter(help="share of the things to keep out of training, for `reverie bench quality` to ask for")] = 0.0,
) -> int:
    """Fetch openly licensed icon sets from npm and render them."""
    from reverie.train import commands

    commands.data(out, force, held_out)
    return 0


@app.command
def clip(
    *,
    pace: Annotated[ClipPace, Flat] = ClipPace(),  # noqa: B008 - frozen
    robust: Annotated[bool | None, Parameter(help="train under attack (the default), so that the gradients paint, or clean")] = None,
    attack: Annotated[Robust, Flat] = Robust(),  # noqa: B008
    start: Start = None,
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the perceptor, or go on where it was; paint with it by --perceptor FOLDER."""
    from reverie.train import commands

    return _sit(sitting, lambda sitting, should_stop: commands.clip(pace, attack.asked(robust), sitting, seed, should_stop, start))


@app.command
def vqgan(
    *,
    pace: Annotated[VqganPace, Flat] = VqganPace(),  # noqa: B008 - frozen
    guide: Annotated[str | None, Parameter(help="'mini' or a clip.safetensors, for the perceptual term; none by default")] = None,
    start: Start = None,
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the generator, or go on where it was; paint with it by --generator FOLDER."""
    from reverie.train import commands

    return _sit(sitting, lambda sitting, should_stop: commands.vqgan(pace, guide, sitting, seed, should_stop, start))


@app.command
def sketch(
    *,
    pace: Annotated[SketchPace, Flat] = SketchPace(),  # noqa: B008 - frozen
    guide: Annotated[str | None, Parameter(help="a clip.safetensors, which reads the words; 'mini' by default")] = None,
    start: Start = None,
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the sketch that paintings start from, or go on where it was; start from it by -o sketch.weights=FILE."""
    from reverie.train import commands

    return _sit(sitting, lambda sitting, should_stop: commands.sketch(pace, guide, sitting, seed, should_stop, start))


@app.command
def biggan(
    *,
    pace: Annotated[BigganPace, Flat] = BigganPace(),  # noqa: B008 - frozen
    guide: Annotated[str, Parameter(help="'mini' or a clip.safetensors, by whose eyes the critic sees")] = "mini",
    start: Start = None,
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train a GAN that paints kinds (each distinct caption is one), or go on; paint with it by --generator FOLDER."""
    from reverie.train import commands

    return _sit(sitting, lambda sitting, should_stop: commands.biggan(pace, guide, sitting, seed, should_stop, start))


@app.command
def progan(
    *,
    pace: Annotated[ProganPace, Flat] = ProganPace(),  # noqa: B008 - frozen
    guide: Annotated[str, Parameter(help="'mini' or a clip.safetensors, by whose eyes the critic sees")] = "mini",
    start: Start = None,
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train a GAN that grows from coarse to fine, or go on; it needs no captions. Paint with it by --generator FOLDER."""
    from reverie.train import commands

    return _sit(sitting, lambda sitting, should_stop: commands.progan(pace, guide, sitting, seed, should_stop, start))


@app.command
def judge(
    *,
    pace: Annotated[JudgePace, Flat] = JudgePace(),  # noqa: B008 - frozen
    start: Start = None,
    seed: Seed = 1000,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the recogniser that judges paintings and never guides, or go on where it was; for `reverie bench quality`."""
    from reverie.train import commands

    return _sit(sitting, lambda sitting, should_stop: commands.judge(pace, sitting, seed, should_stop, start))


@app.command
def codes(
    *,
    pace: Annotated[CodesPace, Flat] = CodesPace(),  # noqa: B008 - frozen
    guide: Annotated[str, Parameter(help="'mini' or a clip.safetensors, which reads the words")] = "mini",
    vqgan: Annotated[str, Parameter(help="'mini' or a vqgan.safetensors, whose codes are learnt")] = "mini",
    start: Start = None,
    seed: Seed = 0,
    sitting: Annotated[Sitting, Flat] = Sitting(),  # noqa: B008
) -> int:
    """Train the code transformer that samples whole pictures, or go on where it was; start from it by --init sample."""
    from reverie.train import commands

    return _sit(sitting, lambda sitting, should_stop: commands.codes(pace, (guide, vqgan), sitting, seed, should_stop, start))


def _sit(sitting: Sitting, training: Callable[[Sitting, Callable[[], bool]], Path]) -> int:
    """Train until done or Ctrl-C, which saves and ends, beside other processes if there are; says where the weights are."""
    from reverie.interrupt import STOPPED, stoppable
    from reverie.train import together

    with stoppable("the training so far") as asked, together.company(sitting.device) as device:
        path = training(replace(sitting, device=device), asked)
        if together.rank() == 0:
            print(path)
        return STOPPED if asked() else 0
