"""Train a mini CLIP on pictures and captions of one's own: contrastive, and robust when its gradients are to paint.

There are no facts and no wrong captions here, so both towers are learnt together from the captions alone (Radford et
al. 2021, arXiv 2103.00020), under the same attack as the built-in one (``train/attack.py``).
"""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.folder import CropMaker, Folder
from reverie.errors import BadRequest
from reverie.nets.miniclip import MiniCLIP, MiniCLIPConfig
from reverie.tokens import Tokenizer, words
from reverie.train import together
from reverie.train.attack import Figures, attacked, unit
from reverie.train.clip import photographed
from reverie.train.descent import Slow, autocast, decaying, descend, set_rate
from reverie.train.settings import ClipPace, Robust
from reverie.train.start import came_from, copied
from reverie.weights import save_network

LONGEST = 64  # pieces of a caption that are read


class Batch(NamedTuple):
    """What one step learns from: views, their captions, which of these say the same, and where the attack starts."""

    images: Tensor  # [B,3,S,S] in 0..1
    pieces: Tensor  # int64 [B,L]
    said: Tensor  # int64 [B], the same number for the same words
    noise: Tensor  # [B,3,S,S], unit length


class FolderClipTrainer:
    """One step: crop a batch, attack and learn. ``config``'s vocabulary and length follow from the captions.

    ``start`` gives the first weights, and then its tokenizer and configuration count. Raises ``BadRequest`` when all
    captions are the same: there would be nothing to tell apart.
    """

    kind = "clip"

    def __init__(
        self,
        folder: Folder,
        pace: ClipPace,
        robust: Robust,
        seed: int = 0,
        config: MiniCLIPConfig | None = None,
        device: torch.device | str = "cpu",
        start: tuple[MiniCLIP, Tokenizer] | None = None,
    ) -> None:
        self.sayings = list(dict.fromkeys(_plain(caption) for caption in folder.captions))
        if len(self.sayings) < 2:
            raise BadRequest(f"All {len(folder.captions)} pictures have the same caption: a perceptor learns from what tells them apart.")
        torch.manual_seed(seed)
        self.pace, self.robust, self.device = pace, robust, torch.device(device)
        model, self.tokens = (copied(start[0]), start[1]) if start else _new(folder, config or MiniCLIPConfig())
        self.model = model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.slow = Slow(self.model)
        self.maker = CropMaker(folder, self.model.config.size, seed)
        self.optimiser = decaying(self.model.parameters(), pace.rate, 0.02)
        told = {**asdict(pace), **asdict(robust), **asdict(self.model.config), **came_from(start and start[0])}
        del told["words"]  # steps on facts, which a folder does not tell
        self.settings = {"kind": self.kind, "seed": seed, "data": folder.fingerprint(), **told}

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "slow": self.slow.network, "optimiser": self.optimiser}

    def draw(self, number: int) -> Batch:
        shown = self.maker(together.share(self.pace.batch), number)
        images = photographed(shown.images, torch.Generator().manual_seed(number))
        noise = unit(torch.randn(images.shape, generator=torch.Generator().manual_seed(~number & 0xFFFFFFFF)))
        pieces = torch.tensor(self.tokens(shown.captions, random.Random(f"texts/{number}")))
        said = torch.tensor([self.sayings.index(_plain(caption)) for caption in shown.captions])
        return Batch(images, pieces, said, noise)

    def step(self, number: int, drawn: Batch) -> dict[str, float]:
        set_rate(number, self.pace, self.optimiser)
        self.model.train()
        images, pieces, said, noise = (part.to(self.device) for part in drawn)
        radius = self.robust.radius_at(number, self.pace.steps)
        mask = differing(together.gather(said))

        def learn(views: Tensor) -> Figures:
            loss, right = self._loss(views, pieces, mask)
            descend(loss, self.optimiser, 2.0)
            return {"loss": loss, "right": right}

        figures = attacked(images, noise, self.robust, radius, learn)
        self.slow.update(self.model, number)
        figures["scale"] = self.model.scale.exp()
        return {"radius": radius, **{name: value.item() for name, value in figures.items()}}

    def sample(self, folder: Path, number: int) -> None:
        """Nothing: figures say it."""

    def export(self, path: Path) -> None:
        save_network(path, self.kind, self.slow.network, self.model.config, pieces=list(self.tokens.pieces))

    def _loss(self, images: Tensor, pieces: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        with autocast(images.device):
            seen, read = together.gather(self.model.look(images)), together.gather(self.model.read(pieces))
        logits = (self.model.scale.exp().clamp(max=60.0) * seen @ read.T).masked_fill(~mask, -1e4)
        target = torch.arange(len(seen), device=seen.device)
        loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        return loss, (logits.argmax(1) == target).float().mean()


def differing(said: Tensor) -> Tensor:
    """Bool [B,B]: a picture's own caption and those that say something else; the same words are never held to be wrong."""
    return torch.eye(len(said), dtype=torch.bool, device=said.device) | (said[:, None] != said)


def _plain(caption: str) -> str:
    return " ".join(words(caption))


def _new(folder: Folder, config: MiniCLIPConfig) -> tuple[MiniCLIP, Tokenizer]:
    """Towers that know nothing yet, and pieces of the folder's own words, as many at once as its longest caption has."""
    tokens = Tokenizer.learn(folder.captions, config.vocabulary, config.length)
    longest = max(len(tokens.pieces_of(caption)) for caption in folder.captions)
    length = max(config.length, min(LONGEST, longest))
    return MiniCLIP(replace(config, vocabulary=len(tokens.pieces), length=length)), Tokenizer(tokens.pieces, length)
