"""Train the judge: clean pictures in, facts out. It never guides, so that what it says of a painting was not sought.

It shares with the guide the drawings and the scenes, which are all there is, and nothing else: another network, other
augmentations, another seed, no attack and no sentences. Pictures are cut into one another (CutMix: Yun et al. 2019,
arXiv 1905.04899) and their colours exchanged, since the few drawings of a thing share habits that are not the thing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.captions import Facts
from reverie.data.icons import Icons
from reverie.data.scenes import SceneMaker
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.losses import luminance
from reverie.nets.judge import Judge, JudgeConfig, Verdict
from reverie.train import together
from reverie.train.descent import Slow, autocast, decaying, descend, set_rate
from reverie.train.facts import UNSAID, akin
from reverie.train.settings import JudgePace
from reverie.train.start import came_from
from reverie.weights import save_network

SMOOTHING = 0.1
TRAITS = 0.3  # what one right ground, colour or style is worth beside the thing
GROWING = 0.3  # share of the training after which pictures are tinted and mixed in full: at the start both only confuse


class Lesson(NamedTuple):
    """Pictures [B,3,S,S] and what is true of them."""

    images: Tensor
    things: Tensor  # [B,N+1], the share of each thing; the last is for nothing that has a name
    kin: Tensor  # bool [B,N+1], things that may be meant as well
    traits: Tensor  # int64 [B,3], which ground, colour and style, or UNSAID


class JudgeTrainer:
    """One step: compose a batch, disturb it, name what is there. The heads follow from the icons."""

    kind = "judge"

    def __init__(
        self,
        icons: Icons,
        pace: JudgePace,
        seed: int = 1000,
        config: JudgeConfig | None = None,
        device: torch.device | str = "cpu",
        start: tuple[Judge, Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.icons, self.pace, self.seed, self.device = icons, pace, seed, torch.device(device)
        self.names = [concept.name for concept in icons.concepts]
        self.number = {name: i for i, name in enumerate(self.names)}
        self.kin = torch.tensor([[a != b and akin(b, {a}) for b in self.names] + [False] for a in self.names])
        heads = (len(self.names) + 1, len(COLOURS) + len(GROUNDS), len(COLOURS), len(STYLES) + 1)
        self.sees = start is not None  # a model to start from need not be spared
        self.model = _taught(*start, self.names, heads) if start else Judge(replace(config or JudgeConfig(), heads=heads))
        self.model = self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.slow = Slow(self.model, 0.998)
        self.maker = SceneMaker(icons, self.model.config.size, seed)
        self.optimiser = decaying(self.model.parameters(), pace.rate, 0.05)
        told = {**asdict(pace), **asdict(self.model.config), **came_from(start and start[0])}
        self.settings = {"kind": self.kind, "seed": seed, "data": icons.fingerprint(), **told}

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "slow": self.slow.network, "optimiser": self.optimiser}

    def draw(self, number: int) -> Lesson:
        scenes = copy.copy(self.maker)(together.share(self.pace.batch), number)  # a copy, since a maker holds its dice while it composes
        rng = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        lesson = Lesson(scenes.images, *self._answers(scenes.facts))
        grown = 1.0 if self.sees else min(1.0, number / together.count() / (GROWING * self.pace.steps))
        return seen_anew(mixed(tinted(lesson, rng, 0.22 * grown), rng, 0.25 * grown), rng)

    def step(self, number: int, drawn: Lesson) -> dict[str, float]:
        set_rate(number, self.pace, self.optimiser)
        self.model.train()
        torch.manual_seed(self.seed * 1_000_003 + together.turn(number))  # dropout's
        lesson = Lesson(*(part.to(self.device) for part in drawn))
        with autocast(self.device):
            verdict = self.model(lesson.images.contiguous(memory_format=torch.channels_last))
        loss, named = examine(verdict, lesson)
        descend(loss, self.optimiser, 2.0)
        self.slow.update(self.model, number)
        figures = {"loss": loss.item(), "named": named.item()}
        for name, logits, trait in zip(("ground", "colour", "style"), verdict[1:], lesson.traits.T, strict=True):
            told = trait != UNSAID
            figures[name] = ((logits.argmax(1) == trait) & told).sum().item() / max(1, int(told.sum()))
        return figures

    def sample(self, folder: Path, number: int) -> None:
        """Nothing: figures say it."""

    def export(self, path: Path) -> None:
        things = {concept.name: concept.keywords for concept in self.icons.concepts}
        save_network(path, self.kind, self.slow.network, self.model.config, things=things)

    def _answers(self, facts: Sequence[Facts]) -> tuple[Tensor, Tensor, Tensor]:
        things = torch.zeros(len(facts), len(self.names) + 1)
        kin = torch.zeros(len(facts), len(self.names) + 1, dtype=torch.bool)
        for i, fact in enumerate(facts):
            rows = [self.number[name] for name in {fact.subject, fact.second} - {""}]
            things[i, [-1] if fact.jumbled else rows] = 1 / len(rows)
            kin[i] = self.kin[rows].any(0) & (things[i] == 0)
        pools: tuple[tuple[str, ...], ...] = ((*COLOURS, *GROUNDS), tuple(COLOURS), (*STYLES, ""))
        said = [[fact.ground, fact.colour, fact.style] for fact in facts]
        traits = [[pool.index(word) if word in pool else UNSAID for word, pool in zip(row, pools, strict=True)] for row in said]
        return things, kin, torch.tensor(traits)


def _taught(network: Judge, things: Iterable[str], names: Sequence[str], heads: tuple[int, int, int, int]) -> Judge:
    """What a judge of ``things`` has learnt, for one of ``names``: what only the latter have begins from chance."""
    model = Judge(replace(network.config, heads=heads))
    model.load_state_dict({name: value for name, value in network.state_dict().items() if not name.startswith("heads.")}, strict=False)
    before = {name: row for row, name in enumerate([*things, ""])}
    rows = [(row, before[name]) for row, name in enumerate([*names, ""]) if name in before]
    here, there = (torch.tensor(side) for side in zip(*rows, strict=True))
    with torch.no_grad():
        for mine, its in zip(model.heads.parameters(), network.heads.parameters(), strict=True):
            (thing, *traits), (its_thing, *its_traits) = mine.split(list(heads)), its.split(list(network.config.heads))
            thing[here] = its_thing[there]
            for trait, its_trait in zip(traits, its_traits, strict=True):
                if len(trait) == len(its_trait):
                    trait.copy_(its_trait)
    return model


def examine(verdict: Verdict, lesson: Lesson) -> tuple[Tensor, Tensor]:
    """The loss, and the share of pictures whose likeliest thing is there."""
    allowed = ~lesson.kin
    wanted = (1 - SMOOTHING) * lesson.things + SMOOTHING * allowed / allowed.sum(1, keepdim=True)
    logits = verdict.thing.masked_fill(lesson.kin, -1e4)
    loss = -(wanted * logits.log_softmax(1)).sum(1).mean()
    for options, trait in zip(verdict[1:], lesson.traits.T, strict=True):
        wrong = F.cross_entropy(options, trait, ignore_index=UNSAID, reduction="sum", label_smoothing=SMOOTHING)
        loss = loss + TRAITS * wrong / (trait != UNSAID).sum().clamp_min(1)
    return loss, (lesson.things.gather(1, logits.argmax(1, keepdim=True)) > 0).float().mean()


def tinted(lesson: Lesson, rng: torch.Generator, share: float = 0.22) -> Lesson:
    """Exchange the colours of some pictures, or drain them: the thing stays what it is, and nothing is said of the rest."""
    images, count = lesson.images, len(lesson.images)
    order = torch.stack([torch.randperm(3, generator=rng) for _ in range(count)]).view(count, 3, 1, 1)
    swapped = images.gather(1, order.expand_as(images))
    roll = torch.rand(count, 1, 1, 1, generator=rng) / share if share else torch.ones(count, 1, 1, 1)
    images = torch.where(roll < 0.5, swapped, torch.where(roll < 0.75, 1 - images, images))
    images = torch.where((roll >= 0.75) & (roll < 1), luminance(images).expand_as(images), images)
    return lesson._replace(images=images, traits=torch.where(roll.view(-1, 1) < 1, UNSAID, lesson.traits))


def mixed(lesson: Lesson, rng: torch.Generator, share: float = 0.25) -> Lesson:
    """Into some pictures paste a window of another one; they show both things then, as much as can be seen of each."""
    images, count, size = lesson.images, len(lesson.images), lesson.images.shape[-1]
    other = torch.randperm(count, generator=rng)
    axis = (torch.arange(size) + 0.5) / size
    half = 0.5 * (0.15 + 0.3 * torch.rand(count, 1, generator=rng)).sqrt()
    centre = torch.rand(2, count, 1, generator=rng)
    across, down = ((axis - centre[i]).abs() < half for i in (0, 1))
    window = (down[:, :, None] & across[:, None, :]) & (torch.rand(count, 1, 1, generator=rng) < share)
    area = window.float().mean((1, 2)).unsqueeze(1)
    things = (1 - area) * lesson.things + area * lesson.things[other]
    kin = (lesson.kin | (lesson.kin[other] & (area > 0))) & (things == 0)
    return Lesson(torch.where(window[:, None], images[other], images), things, kin, lesson.traits)


def seen_anew(lesson: Lesson, rng: torch.Generator) -> Lesson:
    """Frame, sharpness, light, grain and missing bars: another eye on the same picture."""
    images, count, size = lesson.images, len(lesson.images), lesson.images.shape[-1]

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, 1, 1, generator=rng)

    frame = torch.zeros(count, 2, 3)
    frame[:, 0, 0], frame[:, 1, 1] = uniform(0.75, 1.15).flatten(), uniform(0.75, 1.15).flatten()
    frame[:, :, 2] = 0.12 * torch.randn(count, 2, generator=rng)
    grid = F.affine_grid(frame, [count, 3, size, size], align_corners=False)
    images = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    coarse = F.interpolate(F.interpolate(images, scale_factor=0.5, mode="area"), size=(size, size), mode="bicubic")
    images = torch.where(uniform(0, 1) < 0.2, coarse, images)
    images = (uniform(0.8, 1.2) * (images - 0.5) + 0.5 + uniform(-0.1, 0.1)).clamp(1e-3, 1) ** (0.25 * uniform(-1, 1)).exp()
    grain = torch.randn(count, 1, size, size, generator=rng)
    images = images + uniform(0, 0.05) * grain * (uniform(0, 1) < 0.3)
    place, axis = uniform(-3, 1), torch.linspace(0, 1, size)
    bar = (axis - place).abs() < 0.08  # none where the place is off the picture, as it mostly is
    bar = torch.where(uniform(0, 1) < 0.5, bar, bar.transpose(2, 3))
    return lesson._replace(images=torch.where(bar, uniform(0, 1), images).clamp(0, 1))
