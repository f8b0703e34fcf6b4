"""Train the sketch: words to the coarse picture of a plain scene, by squared error."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reverie.data.folder import Folder
from reverie.data.plain import Plain
from reverie.errors import BadRequest
from reverie.nets.miniclip import MiniCLIP
from reverie.nets.sketch import Sketch, SketchConfig
from reverie.tokens import Tokenizer
from reverie.train import together
from reverie.train.clip import vocabulary
from reverie.train.descent import Slow, autocast, descend, set_rate
from reverie.train.settings import Pace
from reverie.train.sheet import prompts, save_sheet
from reverie.train.source import Data, drawings
from reverie.train.start import came_from, copied
from reverie.weights import fingerprint, save_network


class SketchTrainer:
    """One step: a batch of plain scenes, drawn again from their captions.

    With a ``guide`` words are read by its text tower, which already tells things apart, and only drawing is learnt.
    ``tokens`` are what the guide, or the network to ``start`` from, reads; learnt from the icons where there is neither.
    """

    kind = "sketch"

    def __init__(
        self,
        data: Data,
        pace: Pace,
        seed: int = 0,
        config: SketchConfig | None = None,
        guide: MiniCLIP | None = None,
        tokens: Tokenizer | None = None,
        start: Sketch | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.pace = pace
        self.tokens = tokens or (Tokenizer.learn(data.captions, 4096) if isinstance(data, Folder) else vocabulary(data))
        self.model = copied(start) if start else _new(replace(config or SketchConfig(), vocabulary=len(self.tokens.pieces)), guide)
        self.model.text.requires_grad_(guide is None and start is None)
        self.slow = Slow(self.model, 0.995)
        self.device = torch.device("cpu")
        self.maker = drawings(data, self.model.config.size, self.model.config.hands, seed)
        self.optimiser = torch.optim.AdamW(
            [p for p in self.model.parameters() if p.requires_grad], lr=pace.rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.sheet = prompts(data)
        told = {**asdict(pace), **asdict(self.model.config), **came_from(start)}
        self.reads = {} if guide is None else {"reads": fingerprint(guide.text.state_dict().values())}
        self.settings = {"kind": self.kind, "seed": seed, "data": data.fingerprint(), "guide": self.reads.get("reads", "none"), **told}

    def to(self, device: torch.device | str) -> SketchTrainer:
        """Everything that learns, on another device."""
        self.device = torch.device(device)
        for network in (self.model, self.slow.network):
            network.to(self.device)
        return self

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "slow": self.slow.network, "optimiser": self.optimiser}

    def draw(self, number: int) -> Plain:
        return self.maker(together.share(self.pace.batch), number)

    def step(self, number: int, plain: Plain) -> dict[str, float]:
        set_rate(number, self.pace, self.optimiser)
        pieces = torch.tensor(self.tokens(plain.captions), device=self.device)
        images, hands = plain.images.to(self.device), plain.hands.to(self.device)
        with autocast(self.device):
            drawn = self.model(pieces, hands).float()
        # Squares, since the median of many drawings, which absolute errors ask for, is bare paper for a long time.
        loss = 8 * (drawn - images).square().mean() + _edges(drawn, images)
        descend(loss, self.optimiser, 1.0)
        self.slow.update(self.model, number)
        return {"loss": loss.item()}

    @torch.no_grad()
    def sample(self, folder: Path, number: int) -> None:
        """A sheet: a dozen prompts across, four hands down."""
        net, count = self.slow.network, len(self.sheet)
        pieces = torch.tensor(self.tokens(self.sheet), device=self.device)
        rows = [net(pieces, torch.full((count,), hand, device=self.device)) for hand in range(min(4, self.model.config.hands))]
        save_sheet(folder / "sheet.png", torch.stack(rows), 3)

    def export(self, path: Path) -> None:
        lent = "text" if self.reads else ""
        save_network(path, self.kind, self.slow.network, self.model.config, lent, pieces=list(self.tokens.pieces), **self.reads)


def _new(config: SketchConfig, guide: MiniCLIP | None) -> Sketch:
    """A sketch that has drawn nothing yet; it reads as the guide does, where there is one."""
    if guide is None:
        return Sketch(config)
    reads = guide.config
    model = Sketch(replace(config, vocabulary=reads.vocabulary, dim=reads.dim, length=reads.length, text_width=reads.text_width))
    try:
        model.text.load_state_dict(guide.text.state_dict())
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise BadRequest(f"A sketch cannot read by this guide, whose text tower is built otherwise ({reason}).") from error
    return model


def _edges(drawn: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference of the steps between neighbours: outlines count beyond their area."""
    gap = drawn - wanted
    return gap.diff(dim=-1).abs().mean() + gap.diff(dim=-2).abs().mean()
