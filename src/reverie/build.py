"""From dreams to parts that can paint: components by name, loaded once, checked before any time is spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Generator as Stages
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from reverie import coarse, registry
from reverie.begin import beside, course_of, fixed, regions_of
from reverie.checks import check
from reverie.course import Course
from reverie.cutouts import Cutter as Warp
from reverie.cuts import methods
from reverie.daydream import activity
from reverie.dream import Dream
from reverie.errors import BadRequest, Failed
from reverie.fitting import fitting
from reverie.generators.tiled import tiled
from reverie.generators.transparent import transparent
from reverie.images import to_tensor
from reverie.legs import painted
from reverie.memory import Portions, keeping
from reverie.naming import title
from reverie.objectives import objectives, weighed
from reverie.options import of_cuts
from reverie.plan import Plan, pick_device, resolve
from reverie.reading import read as read_texts
from reverie.recipe import Recipe
from reverie.render import Shown, final, render
from reverie.rng import Rng
from reverie.step import Cutters, Engine
from reverie.types import Cutter, Frame, Generator, Latent, Perceptor

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


def painter(dream: Dream, device: torch.device) -> Generator:
    """The dream's generator, as it is to paint."""
    found = tiled(component("generator", dream.generator, dream, device), dream.tile)
    return transparent(found, dream.tile) if dream.transparent else found


def halved(dream: Dream, device: torch.device) -> Dream:
    """The dream with a quarter of its pixels, or about as many; raises ``BadRequest`` where its generator cannot paint so few."""
    return coarse.halved(dream, painter(dream, device))


def engine(dreams: Sequence[Dream], plan: Plan) -> Engine:
    """The parts for dreams that share a shape."""
    dream = dreams[0]
    for one in dreams:
        check(one)
    generator = painter(dream, plan.device)
    generator.check(dream.height, dream.width)
    looking = dream.perceptors if dream.objectives or any(one.prompts for one in dreams) else ()
    perceptors: dict[str, Perceptor] = {s.name: component("perceptor", s.name, dream, plan.device) for s in looking}
    cuts = {sight.name: _cuts(dream, perceptors[sight.name], sight.share) for sight in looking}
    growing = dream.first_views
    cutters = {name: Cutters(made, growing, dream.views) if growing else made(dream.views) for name, made in cuts.items()}
    rngs = [Rng(one.seed) for one in dreams]
    wanted = objectives(dreams, perceptors)
    for number, layer in enumerate(dream.layers, 1):
        eye = component("perceptor", layer.perceptor or dream.perceptors[0].name, dream, plan.device)
        wanted["layers" if number == 1 else f"layers {number}"] = activity(
            layer, dream, rngs, eye, _cuts(dream, eye)(dream.views), plan.autocast
        )
    for name, weight in dream.objectives.items():
        if weight:
            wanted[name] = weighed(component("objective", name, dream, plan.device), name, weight)
    portions = Portions(plan.chunk, len(dreams))
    return Engine(
        generator, perceptors, cutters, wanted, rngs, plan.autocast(), portions, dream.symmetry, fixed(dreams, plan),
        regions_of(dream), beside(dreams, plan),
    )  # fmt: skip


def _cuts(dream: Dream, perceptor: Perceptor, share: tuple[float, float] | None = None) -> Callable[[int], Cutter]:
    """A cutter of so many views."""
    options = registry.parse_options(registry.part_options(of_cuts(dream.cutouts)), "cutouts", dream.options.get("cutouts", {}))

    def made(views: int) -> Cutter:
        if dream.cutouts == "warp":
            return Warp(views, perceptor.size, share or perceptor.share, options, dream.tile)
        return methods.cutter(dream.cutouts, views, perceptor.size, options)

    return made


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
    with plan.tuned():
        yield from _on_the_way(dreams, plan, wants, should_stop, kept)


def _on_the_way(
    dreams: Sequence[Dream], plan: Plan, wants: Callable[[int, int], bool], should_stop: Callable[[], bool], kept: Kept
) -> Iterator[Frame]:
    """``frames`` of dreams that can be painted together, by this plan."""
    made, dream = engine(dreams, plan), dreams[0]
    course, halted = yield from _coarsely(made, dreams, plan, wants, should_stop, kept)
    course.portions = course.portions or fitting(made, course.latent)
    made = made.within(course.portions)
    shown = painted(
        made, course, dream, plan, wants=lambda step: wants(step, dream.steps),
        should_stop=lambda: halted or should_stop(), after=lambda course: kept.keep(plan, course, False),
    )  # fmt: skip
    with keeping(course.portions), made.recorder:
        for one in shown:
            if one.final and not (one.ended or halted):
                kept.keep(plan, course, True)
            yield from _frames(dreams, one)


def _coarsely(
    made: Engine, dreams: Sequence[Dream], plan: Plan, wants: Callable[[int, int], bool], should_stop: Callable[[], bool], kept: Kept
) -> Stages[Frame, None, tuple[Course, bool]]:
    """The steps that are painted at another size, if any; gives the course at the dreams' own, and whether it was stopped on the way."""
    dream, small = dreams[0], coarse.smaller(dreams, made.generator, kept.state)
    if not small:
        return course_of(made, dreams, plan, kept.state), False
    quick, last = engine(small, plan), coarse.turn(dream)
    course = course_of(quick, small, plan, kept.state)
    course.portions = course.portions or fitting(quick, course.latent)
    shown = render(
        quick.within(course.portions), course, dream.steps, dream.ema, wants=lambda step: wants(step, dream.steps),
        should_stop=lambda: course.taken >= last or should_stop(), after=lambda course: kept.keep(plan, course, False),
    )  # fmt: skip
    with quick.recorder:
        for one in shown:
            if not one.final:
                yield from _frames(dreams, coarse.enlarged(one, dream))
    halted = course.taken < last and not course.watch.over()
    if halted:
        kept.keep(plan, course, True)
    return coarse.carried(course, made.generator, dream), halted


@torch.no_grad()
def finished(recipe: Recipe, left: Kept) -> tuple[Engine, Latent]:
    """The parts that painted a recipe's last dream, and the latent of its final picture; ``left`` is where it was left."""
    dream = recipe.stages()[-1][0]
    plan = left.plan or resolve(dream)
    made = engine([dream], plan)
    small = coarse.smaller([dream], made.generator, left.state)
    course = course_of(engine(small, plan) if small else made, small or [dream], plan, left.state)
    return made, final(made, coarse.carried(course, made.generator, dream) if small else course)[1]


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
            broken.append(repr(title(dream)))
    if broken and shown.final:
        raise Failed(f"The picture of {', '.join(broken)} is not finite: try --precision fp32 or a lower --rate.")


def eye(perceptor: str, device: str = "auto", options: Mapping[str, Mapping[str, Any]] | None = None) -> Perceptor:
    """A perceptor by its name, outside of any dream; ``options`` are its own, by its name as given, as a dream's are."""
    registry.check("perceptor", perceptor)
    registry.check_options(registry.answering("perceptor", perceptor), options or {})
    own = json.dumps(registry.given("perceptor", perceptor, options or {}), sort_keys=True)
    found: Perceptor = _component("perceptor", perceptor, own, pick_device(device))
    return found


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
    found, place = eye(perceptor, device, options or {}), pick_device(device)
    views = torch.cat([to_tensor(picture, found.size, found.size) for picture in pictures])
    seen, read = found.look(views.to(place)), read_texts(texts, found)
    similar: list[list[float]] = (seen.float() @ read.float().T).tolist()
    return similar
