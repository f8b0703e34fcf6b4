"""From dreams to parts that can paint: components by name, loaded once, checked before any time is spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from reverie import registry
from reverie.cutouts import CutoutOptions, Cutter
from reverie.dream import NOISES, STARTS, Dream
from reverie.errors import BadRequest, Failed, unknown
from reverie.images import load_picture, to_tensor
from reverie.objectives import near, objectives
from reverie.plan import Plan, pick_device, resolve
from reverie.render import Shown, render
from reverie.rng import Rng
from reverie.starts import SampleOptions, Sampler, Sketcher, SketchOptions, favourite, noise, subject
from reverie.step import Engine, decode
from reverie.types import Frame, Generator, Latent, Perceptor
from reverie.weights import load_clip, load_codes, load_sketch, load_vqgan

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


@lru_cache(maxsize=2)
def _sketcher(weights: str, guide: str, device: torch.device) -> Sketcher:
    return Sketcher(*load_sketch(weights, guide), device)


@lru_cache(maxsize=2)
def _sampler(weights: str, guide: str, vqgan: str, device: torch.device) -> Sampler:
    network, reads = load_codes(weights)
    return Sampler(network, reads, *load_clip(guide), load_vqgan(vqgan), device)


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
    if dream.init not in STARTS and not Path(dream.init).suffix and not Path(dream.init).exists():
        raise unknown("start or picture", dream.init, STARTS)
    starts = [dream.init] if dream.init in ("sketch", "sample") else []
    registry.check_options([dream.generator, *sights, "cutouts", *starts], dream.options)


def engine(dreams: Sequence[Dream], plan: Plan) -> Engine:
    """The parts for dreams that share a shape."""
    dream = dreams[0]
    check(dream)
    generator: Generator = component("generator", dream.generator, dream, plan.device)
    generator.check(dream.height, dream.width)
    perceptors: dict[str, Perceptor] = {s.name: component("perceptor", s.name, dream, plan.device) for s in dream.perceptors}
    options = registry.parse_options(CutoutOptions, "cutouts", dream.options.get("cutouts", {}))
    cutters = {
        sight.name: Cutter(dream.views, perceptors[sight.name].size, sight.share or perceptors[sight.name].share, options)
        for sight in dream.perceptors
    }
    rngs = [Rng(one.seed) for one in dreams]
    return Engine(generator, perceptors, cutters, objectives(dreams, perceptors), rngs, plan.autocast(), plan.chunk, dream.symmetry)


def start(made: Engine, dreams: Sequence[Dream], plan: Plan) -> Latent:
    """The first latent, as leaves that require gradients; each dream starts as it would alone."""
    height, width = dreams[0].height, dreams[0].width
    pictures = [_picture(made, dream, rng, plan) for dream, rng in zip(dreams, made.rngs, strict=True)]
    firsts = [made.generator.start([rng], height, width, one) for rng, one in zip(made.rngs, pictures, strict=True)]
    parts = zip(*(first.parts for first in firsts), strict=True)
    return Latent(tuple(torch.cat(part).detach().clone().contiguous().requires_grad_() for part in parts), height, width)


def _picture(made: Engine, dream: Dream, rng: Rng, plan: Plan) -> Tensor | None:
    """The picture [1,3,H,W] that a dream starts from; none where it starts from chance."""
    if dream.init == "random":
        return None
    if dream.init in NOISES:
        return noise(dream.init, rng, dream.height, dream.width).to(plan.device)
    if dream.init not in STARTS:
        return to_tensor(load_picture(Path(dream.init)), dream.height, dream.width, dream.fit)
    words = subject(dream)
    if not words:
        return None
    draw = _sketched if dream.init == "sketch" else _sampled
    return favourite(draw(words, dream, rng, plan.device), words, made.perceptors.values())


@torch.no_grad()
def _held(made: Engine, latent: Latent, weight: float) -> Engine:
    """The same parts, and a pull back to the picture as the generator first paints it."""
    return replace(made, objectives={**made.objectives, "init": near(decode(made, latent), weight)})


def _sketched(words: str, dream: Dream, rng: Rng, device: torch.device) -> Tensor:
    option = registry.parse_options(SketchOptions, "sketch", dream.options.get("sketch", {}))
    sketcher = _sketcher(option.weights, option.guide, device)
    return sketcher.draw(words, sketcher.hands(rng, option), dream.height, dream.width)


def _sampled(words: str, dream: Dream, rng: Rng, device: torch.device) -> Tensor:
    option = registry.parse_options(SampleOptions, "sample", dream.options.get("sample", {}))
    sampler = _sampler(option.weights, option.guide, option.vqgan, device)
    return sampler.draw(words, rng, option, dream.height, dream.width)


def frames(
    dreams: Sequence[Dream],
    *,
    wants: Callable[[int, int], bool] = every_step,
    should_stop: Callable[[], bool] = never,
    device: str = "auto",
) -> Iterator[Frame]:
    """Paint dreams of one shape together; one frame per dream at every wanted step, and one final frame each.

    Raises ``BadRequest`` before the first frame when the request cannot be painted.
    """
    if not dreams:
        raise BadRequest("There is no dream to paint: give one or more.")
    dream = dreams[0]
    if any(one.shape_key() != dream.shape_key() for one in dreams):
        raise BadRequest("These dreams differ in more than prompts, seed and init: they cannot share a batch.")
    plan = resolve(dream, device)
    made = engine(dreams, plan)
    latent = start(made, dreams, plan)
    if dream.init_weight:
        made = _held(made, latent, dream.init_weight)
    optimiser = OPTIMISERS[dream.optimiser](latent.parts, lr=dream.rate or made.generator.rate)
    shown = render(made, latent, optimiser, dream.steps, dream.ema, wants=lambda step: wants(step, dream.steps), should_stop=should_stop)
    for one in shown:
        yield from _frames(dreams, one)


def _frames(dreams: Sequence[Dream], shown: Shown) -> Iterator[Frame]:
    """One frame per dream whose picture is finite; a final picture that is not is told once the others are out."""
    broken = []
    for i, dream in enumerate(dreams):
        if shown.whole[i]:
            losses = {name: term[i].item() for name, term in shown.losses.items()}
            undone = int(shown.undone[i])
            yield Frame(dream, i, shown.step, shown.pixels[i].clone(), sum(losses.values()), losses, undone, shown.final)
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
