"""How good the models and their paintings are, by an eye that never guided: ``reverie bench quality``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from json import dumps
from pathlib import Path

from torch import Tensor

from reverie import presets, registry
from reverie.bench import exam
from reverie.bench.exam import Question, Row
from reverie.bench.paintings import paint, sheet
from reverie.bench.prompts import PROMPTS
from reverie.bench.rebuilt import Rebuilt, rebuilt
from reverie.bench.settings import Exam
from reverie.data.icons import Icons
from reverie.dream import Dream, Scalar
from reverie.files import check_writable
from reverie.perceptors.eyes import Eye, GuideEye
from reverie.perceptors.judge import JudgeEye
from reverie.plan import pick_device
from reverie.train.commands import HELD, TESTING, TRAINING, home
from reverie.types import Chooser
from reverie.weights import load_judge, load_vqgan

ORIGINAL = "vqgan-clip"  # the preset that Reverie's own defaults are compared with
REBUILT = 256  # unseen drawings that the VQGAN brings back
Options = Mapping[str, dict[str, Scalar]]


def dreams(prompts: Sequence[str], options: Options, generator: str, init: str, guided: bool) -> list[Dream]:
    """Prompts as dreams with every other default and seed 0; not guided, they end where they start."""
    used = {name: value for name, value in options.items() if name in _components((generator,), (init,))}
    steps = {} if guided else {"steps": 0}
    return [Dream(prompt, generator=generator, init=init, options=used, **steps) for prompt in prompts]


def originals(prompts: Sequence[str], options: Options) -> list[Dream]:
    """The same prompts by VQGAN-CLIP's own algorithm, through the same networks; a quarter of its pixels, since it takes long."""
    used = {name: value for name, value in options.items() if name in ("vqgan", "mini")}
    fields = presets.over(presets.fields(ORIGINAL), {"size": "128x128", "options": used})
    return [Dream(prompt, **fields) for prompt in prompts]


def _components(generators: Sequence[str], inits: Sequence[str]) -> tuple[str, ...]:
    """What may be given options in dreams of these generators and starts."""
    starts = [init for init in inits if init in ("sketch", "sample")]
    return (*generators, *starts, "mini", "cutouts")


def quality(asked: Exam, options: Options, tell: Callable[[str], None]) -> Iterator[Row | Rebuilt]:
    """Measure everything, row after row; sheets are written on the way. ``tell`` hears how far it is.

    ``options`` are the dreams' own, by component; ``mini.weights`` names the guide that is asked as well.

    Raises ``BadRequest`` before the first row for what is missing: drawings, weights, generators, a folder.
    """
    for generator in asked.generator:
        registry.check("generator", generator)
    registry.check_options(_components(asked.generator, asked.init), options)
    folder = asked.data or home()
    learnt, unseen, held = (Icons.load(folder / name) for name in (TRAINING, TESTING, HELD))
    place = pick_device(asked.device)
    guide = GuideEye(registry.build("perceptor", "mini", options.get("mini", {}), place), place)
    judge, things = load_judge(asked.judge)
    eyes: dict[str, Eye] = {"guide": guide, "judge": JudgeEye(judge, things, place)}
    check_writable(asked.out)
    yield from _recognised(asked.out, eyes, learnt, unseen.only({concept.name for concept in learnt.concepts}), tell)
    tell("names that no training knew")
    for question in (exam.all_names(unseen, learnt.concepts, "any name"), exam.all_names(held, learnt.concepts, "name never learnt")):
        yield from question.ask({"guide": guide})
    tell("the VQGAN's reconstructions")
    vqgan = load_vqgan(str(options.get("vqgan", {}).get("weights", "mini")))
    pictures, _ = exam.drawings(unseen, learnt.concepts)
    yield from (rebuilt(pictures[:REBUILT], vqgan, load_judge(asked.judge)[0], side) for side in (64, 256))
    pairs = product(asked.generator, asked.init) if asked.limit else ()
    for (generator, init), guided in product(pairs, (False, True)):
        chooses = isinstance(registry.build("generator", generator, options.get(generator, {}), place), Chooser)
        if chooses and init != asked.init[0]:
            continue  # it has starts of its own, whatever is asked for
        images = paint(dreams(PROMPTS[: asked.limit], options, generator, init, guided), asked.device, tell)
        yield from _painted(asked.out, eyes, generator + f" from {init}" * (not chooses) + ", unguided" * (not guided), images)
    if asked.originals:
        images = paint(originals(PROMPTS[: asked.originals], options), asked.device, tell)
        yield from _painted(asked.out, eyes, ORIGINAL, images)


def _recognised(out: Path, eyes: Mapping[str, Eye], learnt: Icons, unseen: Icons, tell: Callable[[str], None]) -> Iterator[Row]:
    tell("unseen drawings: names and keywords")
    pictures, shown = exam.drawings(unseen, learnt.concepts)
    for question in (exam.names(pictures, shown, learnt.concepts), exam.keywords(pictures, shown, learnt.concepts)):
        yield from question.ask(eyes)
        _sheet(out / f"unseen-{question.test}.webp", question, eyes["judge"])
    tell("unseen drawings: colours")
    yield from exam.colours(pictures, shown, eyes)
    tell("unseen drawings: styles and backgrounds")
    yield from exam.scenes(unseen, eyes)


def _painted(out: Path, eyes: Mapping[str, Eye], name: str, images: Tensor) -> Iterator[Row]:
    question = Question(name, images, list(PROMPTS), [{i} for i in range(len(images))])
    yield from question.ask(eyes)
    _sheet(out / f"{name.replace(',', '').replace(' ', '-')}.webp", question, eyes["judge"])


def _sheet(path: Path, question: Question, judge: Eye, most: int = 100) -> None:
    """What is right, and below it what the judge took the picture for where it was mistaken."""
    images, right = question.images[:most], question.right[:most]
    taken = judge(images, question.texts).argmax(1).tolist()
    marks = ["" if pick in mine else f"> {question.texts[pick]}" for pick, mine in zip(taken, right, strict=True)]
    sheet(path, images, [question.texts[min(mine)] for mine in right], marks)


def as_json(rows: Sequence[Row | Rebuilt]) -> str:
    """The figures for a program: a list with an object per row."""
    return dumps([asdict(row) for row in rows], allow_nan=False)


def table(rows: Sequence[Row | Rebuilt]) -> str:
    """The figures as aligned text."""
    heads = ("test", "eye", "pictures", "among", "first", "first five")
    asked = [(r.test, r.eye, str(r.pictures), str(r.among), f"{r.top1:.1%}", f"{r.top5:.1%}") for r in rows if isinstance(r, Row)]
    more = ("reconstruction", "pictures", "PSNR", "judge's distance", "of other pictures")
    back = [
        (f"{r.side}x{r.side}", str(r.pictures), f"{r.psnr:.1f} dB", f"{r.distance:.3f}", f"{r.apart:.3f}")
        for r in rows
        if isinstance(r, Rebuilt)
    ]
    return _aligned([heads, *asked], 2) + ("\n\n" + _aligned([more, *back], 1) if back else "")


def _aligned(lines: Sequence[Sequence[str]], words: int) -> str:
    """Columns side by side, the first ``words`` of them to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    cells = [
        [cell.ljust(w) if i < words else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))] for line in lines
    ]
    return "\n".join("  ".join(line).rstrip() for line in cells)
