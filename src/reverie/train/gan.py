"""Train the mini BigGAN and the mini ProGAN against a critic that sees by the guide's eyes.

Both are taught the picture that their noise stands for (``data/portraits.py``), and the critic sharpens it, by the
hinge loss (Lim & Ye 2017, arXiv 1705.02894).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reverie.data.portraits import PortraitMaker, Portraits
from reverie.errors import BadRequest
from reverie.nets.biggan import BigGAN, BigGANConfig
from reverie.nets.miniclip import MiniCLIP
from reverie.nets.progan import ProGAN, ProGANConfig
from reverie.tokens import Tokenizer
from reverie.train import together
from reverie.train.critic import Critic, moved
from reverie.train.descent import Slow, autocast, descend, set_rate
from reverie.train.settings import Pace
from reverie.train.sheet import save_sheet
from reverie.train.source import Data
from reverie.train.start import came_from, copied
from reverie.weights import fingerprint, save_network

MINI_BIGGAN = BigGANConfig(
    z_dim=20, class_embed_dim=36, channel_width=24, layers=((True, 8, 8), (True, 8, 4), (True, 4, 2), (True, 2, 1)),
    attention_layer_position=-1, n_stats=1,
)  # fmt: skip
MINI_PROGAN = ProGANConfig(latent=64, first=64, scales=(64, 56, 40, 24))
# ProGAN's growing: each doubling fades in over half of its turn; the last size gets what is left.
GROWN = 0.6
CRITICAL = 1e-3  # the critic's peak learning rate; the painter's is the pace's
GUIDING = 0.02  # what the critic's word is worth beside the picture that the noise stands for


class GanTrainer:
    """One step: the critic learns to tell a batch from painted ones; the painter learns the picture that its noise stands
    for, and to be taken for real. What differs between the two GANs is how they paint.
    """

    kind: str
    config: BigGANConfig | ProGANConfig

    def __init__(self, maker: PortraitMaker, pace: Pace, network: nn.Module, guide: tuple[MiniCLIP, Tokenizer], seed: int) -> None:
        self.pace, self.seed = pace, seed
        self.model, self.slow = network, Slow(network, 0.998)
        self.critic = Critic(guide[0])
        self.maker = maker
        with torch.no_grad():
            self.codes = guide[0].read(torch.tensor(guide[1](self.maker.names)))
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=pace.rate, betas=(0.0, 0.99))
        self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), lr=CRITICAL, betas=(0.0, 0.99))
        seen = fingerprint(guide[0].state_dict().values())
        self.settings = {"kind": self.kind, "seed": seed, "data": maker.data.fingerprint(), "guide": seen, **asdict(pace)}

    def to(self, device: torch.device | str) -> GanTrainer:
        """Everything that learns or looks, on another device."""
        for part in (self.model, self.slow.network, self.critic, self.critic.guide[0]):
            part.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.codes = self.codes.to(device)
        return self

    def parts(self) -> dict[str, Any]:
        return {
            "model": self.model, "slow": self.slow.network, "critic": self.critic,
            "optimiser": self.optimiser, "critic_optimiser": self.critic_optimiser,
        }  # fmt: skip

    def draw(self, number: int) -> Portraits:
        return self.maker(together.share(self.pace.batch), number)

    def step(self, number: int, drawn: Portraits) -> dict[str, float]:
        set_rate(number, self.pace, self.optimiser)
        set_rate(number, self.pace, self.critic_optimiser, peak=CRITICAL)
        device = self.codes.device
        shown = Portraits(*(part.to(device) for part in (drawn.images, drawn.kinds, drawn.z)))
        real = self._as_large(shown.images, number)
        moves = torch.rand(5, len(real), 1, 1, 1, generator=torch.Generator().manual_seed(number)).to(device)
        self.model.train()
        with autocast(device):
            painted = self._paint(self.model, shown, number).float() / 2 + 0.5
        critical = self._teach_critic(moved(real, moves), moved(painted.detach(), moves), shown.kinds)
        with autocast(device):
            taken = self.critic(moved(painted, moves).clamp(0, 1), self._codes(shown.kinds)).mean()
        gap = painted - real
        told = 2 * gap.square().mean() + 0.3 * gap.abs().mean()
        loss = told - GUIDING * taken + 0.5 * (painted - painted.clamp(0, 1)).square().mean()
        descend(loss, self.optimiser, 1.0)
        self.slow.update(self.model, number)
        return {"told": told.item(), "taken": taken.item(), "critic": critical}

    def _teach_critic(self, real: Tensor, painted: Tensor, kinds: Tensor) -> float:
        with autocast(real.device):
            yes, no = self.critic(torch.cat((real, painted)).clamp(0, 1), self._codes(kinds, 2)).chunk(2)
        loss = F.relu(1 - yes).mean() + F.relu(1 + no).mean()
        descend(loss, self.critic_optimiser)
        return loss.item()

    def _codes(self, kinds: Tensor, times: int = 1) -> Tensor | None:
        return self.codes[kinds].repeat(times, 1)

    def _as_large(self, images: Tensor, number: int) -> Tensor:
        """The drawings as fine as what is painted by now."""
        return images

    def _paint(self, network: nn.Module, shown: Portraits, number: int) -> Tensor:
        """[B,3,S,S], -1..1"""
        raise NotImplementedError

    @torch.no_grad()
    def sample(self, folder: Path, number: int) -> None:
        """A sheet: eight rows of twelve, painted by the slow weights as large as they can by now."""
        drawn = self.maker(96, 10**9)
        shown = Portraits(*(part.to(self.codes.device) for part in (drawn.images, drawn.kinds, drawn.z)))
        painted = self._paint(self.slow.network, shown, number) / 2 + 0.5
        save_sheet(folder / "sheet.png", painted.unflatten(0, (8, 12)))

    def export(self, path: Path) -> None:
        save_network(path, self.kind, self.slow.network, self.config, **self._header())

    def _header(self) -> dict[str, Any]:
        return {}


class BigganTrainer(GanTrainer):
    """Kind and noise to a picture."""

    kind = "biggan"
    config: BigGANConfig

    def __init__(
        self,
        data: Data,
        pace: Pace,
        guide: tuple[MiniCLIP, Tokenizer],
        seed: int = 0,
        config: BigGANConfig = MINI_BIGGAN,
        start: BigGAN | None = None,
    ) -> None:
        torch.manual_seed(seed)
        config = start.config if start else config
        maker = PortraitMaker(data, config.size, config.z_dim, seed)
        network = copied(start) if start else BigGAN(replace(config, num_classes=len(maker.names)))
        self.config = network.config
        if self.config.num_classes != len(maker.names):
            raise BadRequest(f"The weights to start from know {self.config.num_classes} kinds, and these pictures show {len(maker.names)}.")
        super().__init__(maker, pace, network, guide, seed)
        if not start:
            awake(network)
        self.settings |= {**asdict(network.config), **came_from(start)}

    def _paint(self, network: nn.Module, shown: Portraits, number: int) -> Tensor:
        classes = F.one_hot(shown.kinds, self.config.num_classes).float()
        return network(shown.z[:, None], classes[:, None])

    def _header(self) -> dict[str, Any]:
        return {"names": self.maker.names}


class ProganTrainer(GanTrainer):
    """Noise to a picture of anything, growing from 8x8 to its full size."""

    kind = "progan"
    config: ProGANConfig

    def __init__(
        self,
        data: Data,
        pace: Pace,
        guide: tuple[MiniCLIP, Tokenizer],
        seed: int = 0,
        config: ProGANConfig = MINI_PROGAN,
        start: ProGAN | None = None,
    ) -> None:
        torch.manual_seed(seed)
        network = copied(start) if start else ProGAN(config)
        self.config = network.config
        super().__init__(PortraitMaker(data, network.config.size, network.config.latent, seed, leaning=True), pace, network, guide, seed)
        self.grown = start is not None
        self.settings |= {**asdict(network.config), **came_from(start)}

    def stage(self, number: int) -> tuple[int, float]:
        """How many doublings at a step, and how far the last one has faded in."""
        last = len(self.config.scales)
        place = 1 + (last - 1) * number / max(1.0, GROWN * self.pace.steps)  # from 8x8 on
        if self.grown or place >= last:
            return last, 1.0
        return int(place) + (place > 1), min(1.0, 2 * (place % 1)) if place > 1 else 1.0

    def _as_large(self, images: Tensor, number: int) -> Tensor:
        scale, faded = self.stage(number)
        side, full = 4 << scale, images.shape[-1]
        if side == full and faded == 1:
            return images
        fine = F.interpolate(images, size=(side, side), mode="area")
        coarse = F.interpolate(F.interpolate(images, size=(side // 2, side // 2), mode="area"), scale_factor=2.0)
        return F.interpolate(coarse.lerp(fine, faded), size=(full, full), mode="bilinear", align_corners=False)

    def _paint(self, network: nn.Module, shown: Portraits, number: int) -> Tensor:
        painted = network(shown.z[:, : self.config.latent], *self.stage(number))
        full = self.config.size
        return F.interpolate(painted, size=(full, full), mode="bilinear", align_corners=False)

    def _codes(self, kinds: Tensor, times: int = 1) -> Tensor | None:
        return None


def awake(network: nn.Module) -> None:
    """Orthogonal first weights, as BigGAN's authors chose; biases of nothing, and gains that start at 1."""
    for name, part in network.named_modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            nn.init.orthogonal_(part.weight, 0.05 if name.endswith(("scale", "offset")) else 1.0)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
