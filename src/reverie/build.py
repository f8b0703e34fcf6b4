"""From dreams to parts that can paint: components by name, loaded once, checked before any time is spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from reverie import registry
from reverie.anchors import Anchor
from reverie.begin import again, beside, fixed, init_options, origin_of, regions_of, rules, start
from reverie.camera import Camera
from reverie.checks import check
from reverie.course import Course
from reverie.cutouts import Cutter as Warp
from reverie.cuts import methods
from reverie.dream import Dream
from reverie.errors import BadRequest, Failed
from reverie.fitting import fitting
from reverie.generators.tiled import tiled
from reverie.generators.transparent import transparent
from reverie.images import to_tensor
from reverie.memory import Portions
from reverie.motion.zooming import zooming
from reverie.objectives import near, objectives, weighed
from reverie.optimisers import optimiser
from reverie.options import of_cuts
from reverie.plan import Plan, pick_device, resolve
from reverie.recipe import Recipe
from reverie.render import Shown, final, render
from reverie.rng import Rng
from reverie.step import Engine
from reverie.types import Cutter, Frame, Latent, Perceptor

if TYPE_CHECKING:
    from PIL.Image import Image


def every_step(step: int, steps: int) -> bool:
    return True


def never() -> bool:
    return False


@lru_cache(maxsize=8)
def _component(kind: str, name: str, options: str, device: torch.device) -> Any:
    """Networks are read once per process and shared: nothing about a dream lives on them."""
    return registry.build(kind, name, json.loads(options), device)


def component(kind: str, name: str, dream: Dream, device: torch.device) -> Any:
    return _component(kind, name, json.dumps(registry.given(kind, name, dream.options), sort_keys=True), device)


def engine(dreams: Sequence[Dream], plan: Plan) -> Engine:
    """The parts for dreams that share a shape."""
    dream = dreams[0]
    for one in dreams:
        check(one)
    generator = tiled(component("generator", dream.generator, dream, plan.device), dream.tile)
    generator = transparent(generator, dream.tile) if dream.transparent else generator
    generator.check(dream.height, dream.width)
    perceptors: dict[str, Perceptor] = {s.name: component("perceptor", s.name, dream, plan.device) for s in dream.perceptors}
    cutters = {sight.name: _cutter(dream, perceptors[sight.name], sight.share) for sight in dream.perceptors}
    rngs = [Rng(one.seed) for one in dreams]
    wanted = objectives(dreams, perceptors)
    for name, weight in dream.objectives.items():
        if weight:
            wanted[name] = weighed(component("objective", name, dream, plan.device), name, weight)
    portions = Portions(plan.chunk, len(dreams))
    return Engine(
        generator, perceptors, cutters, wanted, rngs, plan.autocast(), portions, dream.symmetry, fixed(dreams, plan),
        regions_of(dream), beside(dreams, plan),
    )  # fmt: skip


def _cutter(dream: Dream, perceptor: Perceptor, share: tuple[float, float] | None) -> Cutter:
    options = registry.parse_options(registry.part_options(of_cuts(dream.cutouts)), "cutouts", dream.options.get("cutouts", {}))
    if dream.cutouts == "warp":
        return Warp(dream.views, perceptor.size, share or perceptor.share, options, dream.tile)
    return methods.cutter(dream.cutouts, dream.views, perceptor.size, options)


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
    course.portions = course.portions or fitting(made, course.latent)
    made = made.within(course.portions)
    shown = _painted(
        made, course, dream, plan, lambda step: wants(step, dream.steps), should_stop, lambda course: kept.keep(plan, course, False)
    )
    for one in shown:
        if one.final and not one.ended:
            kept.keep(plan, course, True)
        yield from _frames(dreams, one)


def _painted(
    made: Engine,
    course: Course,
    dream: Dream,
    plan: Plan,
    wants: Callable[[int], bool],
    should_stop: Callable[[], bool],
    after: Callable[[Course], None],
) -> Iterator[Shown]:
    """One render, or where a camera moves one after another."""
    camera = Camera.of(dream)

    def leg(engine: Engine, wants: Callable[[int], bool], over: Callable[[], bool]) -> Iterator[Shown]:
        return render(engine, course, dream.steps, dream.ema, wants, over, after)

    def begun(pictures: Sequence[Image]) -> Engine:
        latent = again(made, pictures, plan)
        course.renew(latent, _optimiser(made, dream, latent), origin_of(made, dream, latent))
        return _holding(made.within(course.portions or made.portions), dream, course.origin)

    first = _holding(made, dream, course.origin)
    return zooming(leg, first, course, camera, begun, wants, should_stop) if camera else leg(first, wants, should_stop)


@torch.no_grad()
def finished(recipe: Recipe, left: Kept) -> tuple[Engine, Latent]:
    """The parts that painted a recipe's last dream, and the latent of its final picture; ``left`` is where it was left."""
    dream = recipe.stages()[-1][0]
    plan = left.plan or resolve(dream)
    made = engine([dream], plan)
    course = _course(made, [dream], plan, left.state)
    return made, final(made, course)[1]


def _course(made: Engine, dreams: Sequence[Dream], plan: Plan, state: Mapping[str, Tensor] | None) -> Course:
    """Before the first step, or where the state was; what a run was begun from may be gone by then."""
    dream = dreams[0]
    latent = start(made, dreams, plan) if state is None else _blank(state, dream, plan.device)
    course = Course.begin(latent, _optimiser(made, dream, latent), dream.ema, origin_of(made, dream, latent), rules(dreams, plan.device))
    if state is not None:
        course.restore(state)
    return course


def _optimiser(made: Engine, dream: Dream, latent: Latent) -> torch.optim.Optimizer:
    return optimiser(dream.optimiser, latent.parts, dream.rate or made.generator.rate)


def _holding(made: Engine, dream: Dream, origin: Tensor | None) -> Engine:
    if origin is None:
        return made
    options = init_options(dream)
    if options.rule == "picture":
        return replace(made, objectives={**made.objectives, "init": near(origin, dream.init_weight)})
    return replace(made, anchor=Anchor(origin, dream.init_weight, options))


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
def score(
    pictures: Sequence[Image],
    texts: Sequence[str],
    perceptor: str = "mini",
    device: str = "auto",
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[list[float]]:
    """CLIP as the caption matcher that it is: cosine of every picture with every text, [pictures][texts].

    ``options`` are the perceptor's own, by its name as given, as a dream's are.
    """
    if not pictures or not texts:
        raise BadRequest(f"Comparing needs a picture and a text or more, not {len(pictures)} and {len(texts)}.")
    registry.check("perceptor", perceptor)
    registry.check_options(registry.answering("perceptor", perceptor), options or {})
    place = pick_device(device)
    found: Perceptor = _component(
        "perceptor", perceptor, json.dumps(registry.given("perceptor", perceptor, options or {}), sort_keys=True), place
    )
    views = torch.cat([to_tensor(picture, found.size, found.size) for picture in pictures])
    seen, read = found.look(views.to(place)), found.read(texts)
    similar: list[list[float]] = (seen.float() @ read.float().T).tolist()
    return similar
