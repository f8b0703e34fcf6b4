"""Train the mini CLIP: contrastive, with hard wrong captions, and adversarially when its gradients are to paint."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.captions import Facts
from reverie.data.icons import Icons
from reverie.data.scenes import SceneMaker
from reverie.data.words import COLOUR_SYNONYMS, COLOURS, GROUNDS, LEADS, STYLES
from reverie.nets.miniclip import MiniCLIP, MiniCLIPConfig
from reverie.tokens import Tokenizer
from reverie.train import together
from reverie.train.attack import Figures, attacked, unit
from reverie.train.descent import Slow, autocast, decaying, descend, set_rate
from reverie.train.facts import Answers, Examiner, answers
from reverie.train.settings import ClipPace, Robust
from reverie.train.start import came_from, copied
from reverie.train.words import Meanings, teach
from reverie.weights import save_network


class Batch(NamedTuple):
    """What one step learns from: views, texts, what is on them, the facts, and where the attack starts."""

    images: Tensor  # [B,3,S,S] in 0..1
    pieces: Tensor  # int64 [2B,L], captions and then contrasts
    shown: Tensor  # int64 [B,2], the things of each view, one of them twice where it is alone
    answers: Answers
    noise: Tensor  # [B,3,S,S], unit length

    def to(self, device: torch.device) -> Batch:
        images, pieces, shown, noise = (part.to(device) for part in (self.images, self.pieces, self.shown, self.noise))
        return Batch(images, pieces, shown, self.answers.to(device), noise)


def vocabulary(icons: Icons, size: int = 4096) -> Tokenizer:
    """Pieces from all that captions can say; names count more, so that they stay whole."""
    names = [concept.name for concept in icons.concepts]
    keywords = [word for concept in icons.concepts for word in concept.keywords]
    phrases = [*COLOURS, *LEADS, *(w for group in (COLOUR_SYNONYMS, GROUNDS, STYLES) for ways in group.values() for w in ways)]
    glue = ["pieces of a an the jumbled scattered parts two and next to beside on background with in style of ; , |"]
    return Tokenizer.learn([*names * 4, *keywords, *(phrases + glue) * 8], size)


class ClipTrainer:
    """One step: compose a batch, read the captions, attack and learn. ``config``'s vocabulary follows from the icons."""

    kind = "clip"

    def __init__(
        self,
        icons: Icons,
        pace: ClipPace,
        robust: Robust,
        seed: int = 0,
        config: MiniCLIPConfig | None = None,
        device: torch.device | str = "cpu",
        start: tuple[MiniCLIP, Tokenizer] | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.icons, self.pace, self.robust, self.seed = icons, pace, robust, seed
        self.device = torch.device(device)
        self.reads = start is not None  # a model to start from can read already
        self.tokens = start[1] if start else vocabulary(icons)
        self.model = copied(start[0]) if start else MiniCLIP(replace(config or MiniCLIPConfig(), vocabulary=len(self.tokens.pieces)))
        self.model = self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.slow = Slow(self.model)
        self.maker = SceneMaker(icons, self.model.config.size, seed)
        self.names = [concept.name for concept in icons.concepts]
        self.examine = Examiner(Meanings(icons, self.model.config.dim), self.device)
        learnt = [*self.model.image.parameters(), self.model.scale]  # the words are taught first, and then stay
        self.optimiser = decaying(learnt, pace.rate, 0.02)
        told = {**asdict(pace), **asdict(robust), **asdict(self.model.config), **came_from(start and start[0])}
        self.settings = {"kind": self.kind, "seed": seed, "data": icons.fingerprint(), **told}

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "slow": self.slow.network, "optimiser": self.optimiser}

    def draw(self, number: int) -> Batch:
        scenes = copy.copy(self.maker)(together.share(self.pace.batch), number)  # a copy, since a maker holds its dice while it composes
        images = photographed(scenes.images, torch.Generator().manual_seed(number))
        noise = unit(torch.randn(images.shape, generator=torch.Generator().manual_seed(~number & 0xFFFF)))
        pieces = torch.tensor(self.tokens([*scenes.captions, *scenes.contrasts], random.Random(f"texts/{number}")))
        return Batch(images, pieces, self._shown(scenes.facts), answers(scenes.facts, self.names), noise)

    def step(self, number: int, drawn: Batch) -> dict[str, float]:
        set_rate(number, self.pace, self.optimiser)
        if number == 0 and not self.reads:
            self._teach_words()
        self.model.train()
        images, pieces, shown, wanted, noise = drawn.to(self.device)
        radius = self.robust.radius_at(number, self.pace.steps)
        with torch.no_grad():
            read = torch.cat([together.gather(texts) for texts in self.model.read(pieces).chunk(2)])
        mask = allowed(together.gather(shown))

        def learn(views: Tensor) -> Figures:
            loss, right, named = self._loss(views, read, mask, wanted)
            descend(loss, self.optimiser, 2.0)
            return {"loss": loss, "right": right, "named": named}

        figures = attacked(images, noise, self.robust, radius, learn)
        self.slow.update(self.model, number)
        figures["scale"] = self.model.scale.exp()
        return {"radius": radius, **{name: value.item() for name, value in figures.items()}}

    def _teach_words(self) -> None:
        teach(self.model.text.cpu(), self.tokens, self.icons, self.pace.words, seed=self.seed)
        self.model.text.to(self.device)
        together.agree([self.model])
        self.slow.network.load_state_dict(self.model.state_dict())

    def sample(self, folder: Path, number: int) -> None:
        """Nothing: figures say it."""

    def export(self, path: Path) -> None:
        save_network(path, self.kind, self.slow.network, self.model.config, pieces=list(self.tokens.pieces))

    def _shown(self, facts: Sequence[Facts]) -> Tensor:
        return torch.tensor([[self.names.index(fact.subject), self.names.index(fact.second or fact.subject)] for fact in facts])

    def _loss(self, images: Tensor, read: Tensor, mask: Tensor, wanted: Answers) -> tuple[Tensor, Tensor, Tensor]:
        """Of views of one's own, and of all processes' texts; every view is told from those of all the others."""
        with autocast(images.device):
            own = self.model.look(images)
        seen = together.gather(own)
        scale = self.model.scale.exp().clamp(max=60.0)
        logits = (scale * seen @ read.T).masked_fill(~mask, -1e4)
        target = torch.arange(len(seen), device=seen.device)
        by_image = F.cross_entropy(logits, target)
        # From text to image only captions ask, and only those images answer that could not be meant as well.
        by_text = F.cross_entropy(logits[:, : len(seen)].T, target)
        right = (logits.argmax(1) == target).float().mean()
        told, named = self.examine(own, wanted, scale)
        return 0.75 * by_image + 0.25 * by_text + told, right, named


def allowed(shown: Tensor) -> Tensor:
    """Bool [B,2B], which captions and contrasts count for each view that shows [B,2]: its own, and captions of other things."""
    same = torch.eye(len(shown), dtype=torch.bool, device=shown.device)
    shared = (shown[:, None, :, None] == shown[None, :, None, :]).flatten(2).any(2)
    return torch.cat((same | ~shared, same), 1)


def photographed(images: Tensor, rng: torch.Generator) -> Tensor:
    """What cutouts do to a view: contrast and tint drift, blur, noise, a missing patch."""
    count, _, size, _ = images.shape
    some = torch.rand(4, count, 1, 1, 1, generator=rng)
    gain = 1 + 0.2 * torch.randn(count, 3, 1, 1, generator=rng) * some[0].clamp(max=0.6)
    bias = 0.06 * torch.randn(count, 3, 1, 1, generator=rng)
    images = (images - 0.5) * gain + 0.5 + bias
    blurred = F.interpolate(F.avg_pool2d(images, 2), size=(size, size), mode="bilinear", align_corners=False)
    images = torch.where(some[1] < 0.3, blurred, images)
    images = images + 0.12 * some[2] * torch.randn(images.shape, generator=rng)
    corner = torch.rand(2, count, 1, 1, 1, generator=rng) * 1.2 - 0.1
    axis = torch.linspace(0, 1, size)
    hole = ((axis.view(1, 1, 1, -1) - corner[0]).abs() < 0.12) & ((axis.view(1, 1, -1, 1) - corner[1]).abs() < 0.12)
    grey = torch.rand(count, 3, 1, 1, generator=rng)
    return torch.where(hole & (some[3] < 0.25), grey, images).clamp(0, 1)
