"""Where each dream of a batch begins: its first latent, what a mask keeps of the picture that it begins with, who watches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from reverie import registry
from reverie.anchors import flat
from reverie.course import Course
from reverie.dream import NOISES, PADDING, STARTS, Dream
from reverie.errors import BadRequest
from reverie.generators.transparent import TransparentChooser
from reverie.grounds import on_white
from reverie.images import load_picture, mask_of, opacity_of, opaque, padding_of, softened, to_tensor
from reverie.optimisers import optimiser
from reverie.options.init import Options as InitOptions
from reverie.options.sample import Options as SampleOptions
from reverie.options.sketch import Options as SketchOptions
from reverie.perceptors.judge import JudgeEye
from reverie.plan import Plan
from reverie.prompt import wanted_words
from reverie.prompts import show
from reverie.regions import Region, region
from reverie.rng import Rng
from reverie.starts import CodeWriter, Sampler, Sketcher, favourite, looked_at, noise, ranked, standing_out, subject
from reverie.step import Engine, Fixed, decode
from reverie.types import Chooser, Latent, Mixer
from reverie.watch import Rules
from reverie.weights import foreign, load_clip, load_codes, load_gpt, load_judge, load_sketch, load_vqgan

if TYPE_CHECKING:
    from PIL.Image import Image


@lru_cache(maxsize=2)
def judge_eye(weights: str, device: torch.device) -> JudgeEye:
    return JudgeEye(*load_judge(weights), device)


def rules(dreams: Sequence[Dream], device: torch.device) -> Rules:
    """When these dreams stop, and who scores them: what each should be like is one text, which the judge reads."""
    dream = dreams[0]
    judge = None
    if dream.judge != "none":
        eye = judge_eye(dream.judge, device)
        texts = [wanted_words(one.prompts) for one in dreams]
        if any(eye.reader(text) for text in texts):
            judge = partial(eye.sure, texts=texts)
    if judge is None and (dream.keep_best or dream.stop_at is not None):
        said = "is switched off by --judge none" if dream.judge == "none" else f"knows none of the words of {show(dream.prompts)!r}"
        raise BadRequest(f"--keep-best, --stop-at and --best-of ask the judge, who {said}. To stop without one: --patience 50.")
    return Rules(dream.patience, dream.stop_at, dream.keep_best, judge)


@lru_cache(maxsize=2)
def _sketcher(weights: str, guide: str, device: torch.device) -> Sketcher:
    return Sketcher(*load_sketch(weights, guide), device)


@lru_cache(maxsize=2)
def _sampler(weights: str, guide: str, vqgan: str, device: torch.device) -> Sampler | CodeWriter:
    if foreign(weights):  # a Net2NetTransformer of taming's, with its VQGAN
        return CodeWriter(load_gpt(weights), load_vqgan(weights), device)
    network, reads = load_codes(weights)
    return Sampler(network, reads, *load_clip(guide), load_vqgan(vqgan), device)


def fixed(dreams: Sequence[Dream], plan: Plan) -> Fixed | None:
    """What a mask keeps of each dream's start."""
    dream = dreams[0]
    if not dream.mask:
        return None
    height, width = dream.height, dream.width
    loaded = [load_picture(one.init) for one in dreams]
    pictures = torch.cat([to_tensor(picture, height, width, dream.fit) for picture in loaded])
    if dream.mask == PADDING:
        mask = torch.cat([padding_of(picture, height, width) for picture in loaded])
    else:
        mask = mask_of(dream.mask, height, width, dream.fit).expand(len(dreams), -1, -1, -1)
    if not mask.any():
        raise BadRequest(f"The mask {dream.mask!r} leaves nothing to paint: white is painted, black is kept.")
    return Fixed(pictures.to(plan.device), softened(mask, dream.mask_edge).to(plan.device))


def regions_of(dream: Dream) -> list[Region]:
    """What is looked at, in the order of ``dream.regions``."""
    return [region(name, dream.height, dream.width, dream.fit) for name in dream.regions]


def beside(dreams: Sequence[Dream], plan: Plan) -> Tensor | None:
    """[K,B,3,H,W]: the pictures of each dream's prompts, each fitted to its prompt's region; black where a dream has fewer."""
    most = max(sum(prompt.kind == "picture" for prompt in dream.prompts) for dream in dreams)
    if not most:
        return None
    found = torch.zeros(most, len(dreams), 3, dreams[0].height, dreams[0].width)
    for i, dream in enumerate(dreams):
        for k, prompt in enumerate(prompt for prompt in dream.prompts if prompt.kind == "picture"):
            place = region(prompt.region, dream.height, dream.width, dream.fit)
            place.of(found[k, i : i + 1])[:] = to_tensor(load_picture(prompt.text), place.height, place.width, dream.fit)
    return found.to(plan.device)


def start(made: Engine, dreams: Sequence[Dream], plan: Plan) -> Latent:
    """The first latent, as leaves that require gradients; each dream starts as it would alone."""
    height, width = dreams[0].height, dreams[0].width
    looks: dict[int, list[Tensor]] = {}  # by seed: dreams of one seed have the same starts to choose from
    return _leaves([_first(made, dream, rng, plan, looks) for dream, rng in zip(dreams, made.rngs, strict=True)], height, width)


def again(made: Engine, pictures: Sequence[Image], plan: Plan) -> Latent:
    """The latent nearest to pictures of the painting's size, one of each dream; raises ``BadRequest`` where there is none."""
    if isinstance(made.generator, Chooser):
        raise BadRequest("This generator cannot begin from a picture, as --zoom and --shift have it do: ask for --generator vqgan.")
    width, height = pictures[0].size
    firsts = []
    for picture, rng in zip(pictures, made.rngs, strict=True):
        image = to_tensor(opaque(picture), height, width)
        if picture.mode == "RGBA":
            image = torch.cat((image, to_tensor(picture.getchannel("A"), height, width)[:, :1]), 1)
        firsts.append(made.generator.start([rng], height, width, image.to(plan.device)))
    return _leaves(firsts, height, width)


def _leaves(firsts: Sequence[Latent], height: int, width: int) -> Latent:
    parts = zip(*(first.parts for first in firsts), strict=True)
    return Latent(tuple(torch.cat(part).detach().clone().contiguous().requires_grad_() for part in parts), height, width)


def optimiser_of(made: Engine, dream: Dream, latent: Latent) -> torch.optim.Optimizer:
    return optimiser(dream.optimiser, latent.parts, dream.rate or made.generator.rate)


@torch.no_grad()
def origin_of(made: Engine, dream: Dream, latent: Latent) -> Tensor | None:
    """What the painting is held to, if anything: the picture as the generator first paints it, its latent, or zero."""
    if not dream.init_weight:
        return None
    rule = init_options(dream).rule
    if rule == "picture":
        return decode(made, latent)
    values = flat(latent)
    return values.clone() if rule == "latent" else torch.zeros_like(values)


def init_options(dream: Dream) -> InitOptions:
    found: InitOptions = registry.parse_options(InitOptions, "init", dream.options.get("init", {}))
    return found


def _first(made: Engine, dream: Dream, rng: Rng, plan: Plan, looks: dict[int, list[Tensor]]) -> Latent:
    words = subject(dream, *dream.regions) if dream.init in ("sketch", "sample") else ""
    if not (words and isinstance(made.generator, Chooser)):
        return made.generator.start([rng], dream.height, dream.width, _picture(made, dream, rng, plan))
    choices = made.generator.choices(rng, dream.height, dream.width)
    seen = looks[rng.seed] = looks.get(rng.seed) or _seen(made, choices, plan)
    order = ranked(seen, words, made.perceptors.values())
    if isinstance(made.generator, Mixer):
        chosen = made.generator.mixed(replace(choices, parts=tuple(part[order] for part in choices.parts)))
    else:
        chosen = replace(choices, parts=tuple(part[order[:1]] for part in choices.parts))
    return made.generator.cleared(chosen) if isinstance(made.generator, TransparentChooser) else chosen


@torch.no_grad()
def _seen(made: Engine, choices: Latent, plan: Plan) -> list[Tensor]:
    """What the perceptors see in every start."""
    side = max(perceptor.size for perceptor in made.perceptors.values())
    batches = zip(*(part.split(plan.chunk) for part in choices.parts), strict=True)
    pictures = (on_white(decode(made, Latent(parts, side, side)).clamp(0, 1)) for parts in batches)
    return looked_at(pictures, made.perceptors.values())


def _picture(made: Engine, dream: Dream, rng: Rng, plan: Plan) -> Tensor | None:
    """The picture [1,3,H,W] that a dream starts from; none where it starts from chance."""
    if dream.init == "random":
        return None
    if dream.init in NOISES:
        return noise(dream.init, rng, dream.height, dream.width).to(plan.device)
    if dream.init not in STARTS:
        return _given(dream)
    return _imagined(made, dream, rng, plan)


def _given(dream: Dream) -> Tensor:
    """The picture that a dream names as its start, with its opacity if it has one that is to be painted."""
    picture = to_tensor(load_picture(dream.init), dream.height, dream.width, dream.fit)
    opacity = opacity_of(dream.init) if dream.transparent else None
    return torch.cat((picture, to_tensor(opacity, dream.height, dream.width, dream.fit)[:, :1]), 1) if opacity else picture


def _imagined(made: Engine, dream: Dream, rng: Rng, plan: Plan) -> Tensor | None:
    """A first picture of the words: of those that mean the whole, and in their places of those that mean a part."""
    draw = _sketched if dream.init == "sketch" else _sampled
    eyes, found = made.perceptors.values(), None
    for name in dream.regions:
        words, place = subject(dream, name), region(name, dream.height, dream.width, dream.fit)
        if words:
            drawn = draw(words, dream, place, rng, plan.device)
            best = drawn[favourite(looked_at([drawn], eyes), words, eyes)][None]
            over = standing_out(best) if name and subject(dream) else torch.ones_like(best[:, :1])
            found = best.new_full((1, 3, dream.height, dream.width), 0.5) if found is None else found
            part = place.of(found)
            part.copy_(torch.lerp(part, best, over if place.mask is None else over * place.mask.to(part.device)))
    return found


def _sketched(words: str, dream: Dream, place: Region, rng: Rng, device: torch.device) -> Tensor:
    option = registry.parse_options(SketchOptions, "sketch", dream.options.get("sketch", {}))
    sketcher = _sketcher(option.weights, option.guide, device)
    return sketcher.draw(words, sketcher.hands(rng, option), place.height, place.width)


def _sampled(words: str, dream: Dream, place: Region, rng: Rng, device: torch.device) -> Tensor:
    option = registry.parse_options(SampleOptions, "sample", dream.options.get("sample", {}))
    sampler = _sampler(option.weights, option.guide, option.vqgan, device)
    return sampler.draw(words, rng, option, place.height, place.width)


def course_of(made: Engine, dreams: Sequence[Dream], plan: Plan, state: Mapping[str, Tensor] | None) -> Course:
    """Before the first step, or where the state was; what a run was begun from may be gone by then."""
    dream = dreams[0]
    latent = start(made, dreams, plan) if state is None else _blank(state, dream, plan.device)
    course = Course.begin(latent, optimiser_of(made, dream, latent), dream.ema, origin_of(made, dream, latent), rules(dreams, plan.device))
    if state is not None:
        course.restore(state)
    return course


def _blank(state: Mapping[str, Tensor], dream: Dream, device: torch.device) -> Latent:
    """A latent of the kept one's shape, to be filled."""
    parts = {int(name.removeprefix("latent.")): value for name, value in state.items() if name.startswith("latent.")}
    height, width = state["size"].tolist() if "size" in state else (dream.height, dream.width)
    return Latent(tuple(parts[i].to(device).clone().requires_grad_() for i in sorted(parts)), height, width)
