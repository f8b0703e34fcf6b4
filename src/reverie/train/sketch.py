"""Train the sketch: words to the coarse picture of a plain scene, by squared error."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reverie.data.icons import Icons, fingerprint
from reverie.data.plain import Plain, PlainMaker
from reverie.nets.miniclip import MiniCLIP
from reverie.nets.sketch import Sketch, SketchConfig
from reverie.train.clip import vocabulary
from reverie.train.loop import Slow, autocast, rate_at
from reverie.train.settings import Pace
from reverie.weights import save_network

_SHEET = (
    "apple", "a red apple on a blue background", "horse", "a blue horse", "castle on grass", "a cat in the snow",
    "sailboat on the water", "a fish and a banana", "two owls", "rocket at night", "a green mushroom", "snowman; pencil sketch",
)  # fmt: skip


class SketchTrainer:
    """One step: a batch of plain scenes, drawn again from their captions.

    With a ``guide`` words are read by its text tower, which already tells things apart, and only drawing is learnt.
    """

    kind = "sketch"

    def __init__(self, icons: Icons, pace: Pace, seed: int = 0, config: SketchConfig | None = None, guide: MiniCLIP | None = None) -> None:
        torch.manual_seed(seed)
        self.pace = pace
        self.tokens = vocabulary(icons)
        self.model = Sketch(replace(config or SketchConfig(), vocabulary=len(self.tokens.pieces)))
        if guide is not None:
            self.model.text.load_state_dict(guide.text.state_dict())
            self.model.text.requires_grad_(False)
        self.slow = Slow(self.model, 0.995)
        self.maker = PlainMaker(icons, self.model.config.size, self.model.config.hands, seed)
        self.optimiser = torch.optim.AdamW(
            [p for p in self.model.parameters() if p.requires_grad], lr=pace.rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        told = {**asdict(pace), **asdict(self.model.config)}
        words = "none" if guide is None else fingerprint(guide.text.state_dict().values())
        self.settings = {"kind": self.kind, "seed": seed, "data": icons.fingerprint(), "guide": words, **told}

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "slow": self.slow.network, "optimiser": self.optimiser}

    def draw(self, number: int) -> Plain:
        return self.maker(self.pace.batch, number)

    def step(self, number: int, plain: Plain) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(number, self.pace)
        pieces = torch.tensor(self.tokens(plain.captions))
        with autocast(plain.images.device):
            drawn = self.model(pieces, plain.hands).float()
        # Squares, since the median of many drawings, which absolute errors ask for, is bare paper for a long time.
        loss = 8 * (drawn - plain.images).square().mean() + _edges(drawn, plain.images)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.slow.update(self.model, number)
        return {"loss": loss.item()}

    @torch.no_grad()
    def sample(self, folder: Path, number: int) -> None:
        """A sheet: a dozen prompts across, four hands down."""
        from PIL import Image

        net, count = self.slow.network, len(_SHEET)
        pieces = torch.tensor(self.tokens(_SHEET))
        rows = [net(pieces, torch.full((count,), hand)).clamp(0, 1) for hand in range(min(4, self.model.config.hands))]
        grid = torch.stack(rows).permute(0, 3, 1, 4, 2).reshape(len(rows) * rows[0].shape[-2], -1, 3)
        picture = Image.fromarray((grid * 255).round().byte().numpy())
        picture.resize((picture.width * 3, picture.height * 3), 0).save(folder / "sheet.png")

    def export(self, path: Path) -> None:
        save_network(path, self.kind, self.slow.network, self.model.config, pieces=list(self.tokens.pieces))


def _edges(drawn: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute difference of the steps between neighbours: outlines count beyond their area."""
    gap = drawn - wanted
    return gap.diff(dim=-1).abs().mean() + gap.diff(dim=-2).abs().mean()
