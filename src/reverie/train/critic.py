"""The GANs' critic: a few small heads on the frozen guide's features at three depths (Sauer et al. 2021, arXiv 2111.01007).

It can tell a drawing from a smear at once, where one that starts from nothing takes days. Real and painted pictures are
moved and tinted alike before it looks (Zhao et al. 2020, arXiv 2006.10738), since a few thousand drawings are soon
known by heart.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from reverie.nets.miniclip import MiniCLIP

DEPTHS = (3, 5, 7)  # of the guide's features: 16, 8 and 4 places along each side of a 64x64 picture


def _body(inside: int, width: int) -> nn.Sequential:
    first, second = nn.Conv2d(inside, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)
    return nn.Sequential(spectral_norm(first), nn.LeakyReLU(0.2), spectral_norm(second), nn.LeakyReLU(0.2))


class Critic(nn.Module):
    """Real or painted, by the features of a frozen guide; with codes of kinds [B,D], real and of that kind (Miyato & Koyama
    2018, arXiv 1802.05637): pictures [B,3,S,S] in 0..1 to [B,heads]."""

    def __init__(self, guide: MiniCLIP, width: int = 64) -> None:
        super().__init__()
        self.guide = [guide.eval().requires_grad_(False)]  # in a list: its weights are no part of the critic's
        channels = [guide.config.widths[depth - 1] for depth in self._depths()]
        self.bodies = nn.ModuleList(_body(count, width) for count in channels)
        self.real = nn.ModuleList(spectral_norm(nn.Conv2d(width, 1, 1)) for _ in channels)
        self.kind = nn.ModuleList(spectral_norm(nn.Linear(guide.config.dim, width, bias=False)) for _ in channels)

    def _depths(self) -> list[int]:
        last = len(self.guide[0].config.widths)
        return [min(depth, last) for depth in DEPTHS]

    def forward(self, images: Tensor, codes: Tensor | None) -> Tensor:
        features = self.guide[0].image.features(images)
        verdicts = []
        for depth, body, real, kind in zip(self._depths(), self.bodies, self.real, self.kind, strict=True):
            found = body(features[depth])
            verdict = real(found).flatten(1).float().mean(1)
            if codes is not None:
                verdict = verdict + (found.float().mean((2, 3)) * kind(codes).float()).sum(1)
            verdicts.append(verdict)
        return torch.stack(verdicts, 1)


def moved(images: Tensor, moves: Tensor) -> Tensor:
    """Pictures shifted by up to an eighth, darkened or lightened, drained or coloured: as ``moves`` [5,B,1,1,1] in 0..1 say."""
    light, colour, x, y, strength = moves
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * (0.5 + colour)
    images = (images - 0.5) * (0.75 + 0.5 * strength) + 0.5 + 0.3 * (light - 0.5)
    frames = torch.zeros(len(images), 2, 3, device=images.device)
    frames[:, 0, 0] = frames[:, 1, 1] = 1
    frames[:, 0, 2], frames[:, 1, 2] = (x.flatten() - 0.5) / 2, (y.flatten() - 0.5) / 2
    grid = F.affine_grid(frames, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
