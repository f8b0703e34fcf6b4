"""How well the VQGAN gives back drawings that it has not seen: in decibels, and in what the judge sees."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.bench.exam import PAPER
from reverie.nets.judge import Judge
from reverie.nets.vqgan import VQGAN

BATCH = 8


@dataclass(frozen=True)
class Rebuilt:
    """``psnr`` in dB, the mean over pictures; ``distance``: 1 - cosine of the judge's features, before and after.

    ``apart`` is that distance between different pictures, to compare with.
    """

    side: int
    pictures: int
    psnr: float
    distance: float
    apart: float


@torch.no_grad()
def rebuilt(drawings: Tensor, network: VQGAN, judge: Judge, side: int) -> Rebuilt:
    """Drawings uint8 [N,4,S,S], on paper and scaled to ``side``, through encoder, codebook and decoder."""
    noise, before, after = [], [], []
    for chunk in drawings.split(BATCH):
        drawn = chunk.float() / 255
        images = F.interpolate(drawn[:, :3] + PAPER * (1 - drawn[:, 3:]), size=(side, side), mode="bicubic", antialias=True).clamp(0, 1)
        back = (network.decode(network.quantize(network.encode(images * 2 - 1))) / 2 + 0.5).clamp(0, 1)
        noise.append((images - back).square().flatten(1).mean(1))
        before.append(_features(judge, images))
        after.append(_features(judge, back))
    seen, again = torch.cat(before), torch.cat(after)
    psnr = (-10 * torch.cat(noise).log10()).mean().item()
    apart = 1 - (seen * seen.roll(1, 0)).sum(1).mean()
    return Rebuilt(side, len(drawings), psnr, (1 - (seen * again).sum(1).mean()).item(), apart.item())


def _features(judge: Judge, images: Tensor) -> Tensor:
    size = judge.config.size
    return F.normalize(judge.features(F.interpolate(images, size=(size, size), mode="area")), dim=1)
