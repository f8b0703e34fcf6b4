"""From dreams to parts that can paint: components by name, loaded once, checked before any time is spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from reverie import registry
from reverie.begin import beside, fixed, regions_of, rules, start
from reverie.course import Course
from reverie.cutouts import CutoutOptions, Cutter
from reverie.dream import PADDING, STARTS, Dream
from reverie.errors import BadRequest, Failed, unknown
from reverie.generators.tiled import tiled
from reverie.generators.transparent import transparent
from reverie.images import WEB, to_tensor
from reverie.objectives import near, objectives
from reverie.plan import Plan, pick_device, resolve
from reverie.recipe import Recipe
from reverie.render import Shown, render
from reverie.rng import Rng
from reverie.step import Engine, decode
from reverie.types import Frame, Latent, Perceptor

if TYPE_CHECKING:
    from PIL.Image import Image

OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}


def every_step(step: int, steps: int) -> bool:
    return True


def never() -> bool:
    return False


@lru_cache(maxsize=8)
def _component(kind: str, name: str, options: str, device: torch.device) -> Any:
    """Networks are read once per process and shared: nothing about a dream lives on them."""
    return registry.build(kind, name, json.loads(options), device)


def component(kind: str, name: str, dream: Dream, device: torch.device) -> Any:
    return _component(kind, name, json.dumps(dream.options.get(name, {}), sort_keys=True), device)


def check(dream: Dream) -> None:
    """Everything about a dream that can be wrong and costs nothing to find out."""
    registry.check("generator", dream.generator)
    sights = [sight.name for sight in dream.perceptors]
    for name in sights:
        registry.check("perceptor", name)
    if len(set(sights)) < len(sights):
        raise BadRequest(f"The same perceptor is named twice ({', '.join(sights)}): give it one larger weight instead.")
    if dream.init not in STARTS and not dream.init.startswith(WEB) and not Path(dream.init).suffix and not Path(dream.init).exists():
        raise unknown("start or picture", dream.init, STARTS)
    if dream.mask and dream.init in STARTS:
        raise BadRequest(f"--mask {dream.mask} keeps a picture where it is black: give that picture, as --init photo.jpg.")
    if dream.mask == PADDING and dream.fit != "pad":
        raise BadRequest("--mask padding paints what --fit pad adds: give --fit pad, and a size of another shape than the picture's.")
    if dream.mask and dream.transparent:
        raise BadRequest("--mask keeps a picture's pixels and --transparent leaves a ground out: have one of them.")
    starts = [dream.init] if dream.init in ("sketch", "sample") else []
    registry.check_options([dream.generator, *sights, "cutouts", *starts], dream.options)


def engine(dreams: Sequence[Dream], plan: Plan) -> Engine:
    """The parts for dreams that share a shape."""
    dream = dreams[0]
    for one in dreams:
        check(one)
    generator = tiled(component("generator", dream.generator, dream, plan.device), dream.tile)
    generator = transparent(generator, dream.tile) if dream.transparent else generator
    generator.check(dream.height, dream.width)
    perceptors: dict[str, Perceptor] = {s.name: component("perceptor", s.name, dream, plan.device) for s in dream.perceptors}
    options = registry.parse_options(CutoutOptions, "cutouts", dream.options.get("cutouts", {}))
    cutters = {
        sight.name: Cutter(dream.views, perceptors[sight.name].size, sight.share or perceptors[sight.name].share, options, dream.tile)
        for sight in dream.perceptors
    }
    rngs = [Rng(one.seed) for one in dreams]
    wanted = objectives(dreams, perceptors)
    return Engine(
        generator, perceptors, cutters, wanted, rngs, plan.autocast(), plan.chunk, dream.symmetry, fixed(dreams, plan),
        regions_of(dream), beside(dreams, plan),
    )  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """What outlives a run that is cut short: where it was, by whose plan, and who is shown both after every
    step, and once more when the dreams are left before their end."""

    state: Mapping[str, Tensor] | None = None
    plan: Plan | None = None
    keep: Callable[[Plan, Course, bool], None] = lambda plan, course, leaving: None


def frames(
    dreams: Sequence[Dream],
    *,
    wants: Callable[[int, int], bool] = every_step,
    should_stop: Callable[[], bool] = never,
    device: str = "auto",
    kept: Kept = Kept(),  # noqa: B008 - frozen
) -> Iterator[Frame]:
    """Paint dreams of one shape together; one frame per dream at every wanted step, and one final frame each.

    With ``kept.state`` they are gone on with: what follows is what would have followed, byte for byte on a CPU. Raises
    ``BadRequest`` before the first frame when the request cannot be painted.
    """
    if not dreams:
        raise BadRequest("There is no dream to paint: give one or more.")
    dream = dreams[0]
    if any(one.shape_key() != dream.shape_key() for one in dreams):
        raise BadRequest("These dreams differ in more than prompts, seed and init: they cannot share a batch.")
    plan = kept.plan or resolve(dream, device)
    torch.set_num_threads(plan.threads)
    made = engine(dreams, plan)
    course = _course(made, dreams, plan, kept.state)
    if course.origin is not None:
        made = replace(made, objectives={**made.objectives, "init": near(course.origin, dream.init_weight)})
    shown = render(
        made, course, dream.steps, dream.ema,
        wants=lambda step: wants(step, dream.steps), should_stop=should_stop, after=lambda course: kept.keep(plan, course, False),
    )  # fmt: skip
    for one in shown:
        if one.final and not one.ended:
            kept.keep(plan, course, True)
        yield from _frames(dreams, one)


def left_by(recipe: Recipe, device: str = "auto", should_stop: Callable[[], bool] = never) -> Kept:
    """Where a painting was left, to be gone on with: it is painted again, stage by stage, since a picture does not tell its latent."""
    found = Kept()
    for dream, left in recipe.stages():
        latest: list[tuple[Plan, Course]] = []

        def keep(plan: Plan, course: Course, leaving: bool, latest: list[tuple[Plan, Course]] = latest) -> None:
            latest[:] = [(plan, course)]

        def over(left: int = left, latest: list[tuple[Plan, Course]] = latest) -> bool:
            return should_stop() or bool(latest and latest[0][1].taken >= left)

        for _ in frames([dream], wants=lambda step, steps: False, should_stop=over, device=device, kept=replace(found, keep=keep)):
            pass
        for plan, course in latest:
            course.watch.reopen()
            found = Kept({name: value.clone() for name, value in course.state().items()}, plan)
    return found


def _course(made: Engine, dreams: Sequence[Dream], plan: Plan, state: Mapping[str, Tensor] | None) -> Course:
    """Before the first step, or where the state was; what a run was begun from may be gone by then."""
    dream = dreams[0]
    latent = start(made, dreams, plan) if state is None else _blank(state, dream, plan.device)
    origin = None
    if dream.init_weight:  # held to the picture as the generator first paints it
        with torch.no_grad():
            origin = decode(made, latent)
    optimiser = OPTIMISERS[dream.optimiser](latent.parts, lr=dream.rate or made.generator.rate)
    course = Course.begin(latent, optimiser, dream.ema, origin, rules(dreams, plan.device))
    if state is not None:
        course.restore(state)
    return course


def _blank(state: Mapping[str, Tensor], dream: Dream, device: torch.device) -> Latent:
    """A latent of the kept one's shape, to be filled."""
    parts = {int(name.removeprefix("latent.")): value for name, value in state.items() if name.startswith("latent.")}
    return Latent(tuple(parts[i].to(device).clone().requires_grad_() for i in sorted(parts)), dream.height, dream.width)


def _frames(dreams: Sequence[Dream], shown: Shown) -> Iterator[Frame]:
    """One frame per dream whose picture is finite; a final picture that is not is told once the others are out."""
    broken = []
    for i, dream in enumerate(dreams):
        if shown.whole[i]:
            losses = {name: term[i].item() for name, term in shown.losses.items()}
            score = shown.scores[i].item()
            yield Frame(
                dream, i, int(shown.had[i]), shown.pixels[i].clone(), sum(losses.values()), losses, int(shown.undone[i]), shown.final,
                shown.ended, score if isfinite(score) else None, shown.curves[i] if shown.curves else None,
            )  # fmt: skip
        else:
            broken.append(repr(dream.prompts[0].text))
    if broken and shown.final:
        raise Failed(f"The picture of {', '.join(broken)} is not finite: try --precision fp32 or a lower --rate.")


@torch.no_grad()
def score(pictures: Sequence[Image], texts: Sequence[str], perceptor: str = "mini", device: str = "auto") -> list[list[float]]:
    """CLIP as the caption matcher that it is: cosine of every picture with every text, [pictures][texts]."""
    if not pictures or not texts:
        raise BadRequest(f"Comparing needs a picture and a text or more, not {len(pictures)} and {len(texts)}.")
    registry.check("perceptor", perceptor)
    place = pick_device(device)
    found: Perceptor = _component("perceptor", perceptor, "{}", place)
    views = torch.cat([to_tensor(picture, found.size, found.size) for picture in pictures])
    seen, read = found.look(views.to(place)), found.read(texts)
    similar: list[list[float]] = (seen.float() @ read.float().T).tolist()
    return similar
