"""Portraits: one thing alone before a plain ground, and the noise that says how it is shown. What the GANs learn from.

A GAN that must find by itself what its noise means takes long and forgets kinds. Here the noise is drawn first and the
picture follows from it: which drawing of the thing, before which ground, turned which way. So its first numbers have a
meaning that can be taught (Bojanowski et al. 2017, arXiv 1707.05776), and it stays plain normal noise all the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.folder import Folder
from reverie.data.icons import Icons
from reverie.data.plain import PAPER
from reverie.errors import BadRequest

HANDS = 8  # the noise's first numbers: the largest says which of a thing's drawings
COLOURED, RED, TURNED, LARGE = 8, 9, 12, 13  # whether the ground has a colour, and which (three); mirrored; how large
MEANING = 14  # how many numbers of the noise mean something
LEANING = 4.0  # how far the rest points to its kind; the furthest of a thousand chance directions is at about 3.2
MOST = 5000  # kinds that can be told apart


@dataclass(frozen=True)
class Portraits:
    """``images`` [B,3,S,S] in 0..1, which kind each shows, and the noise [B,Z] that it follows from."""

    images: Tensor
    kinds: Tensor
    z: Tensor


class PortraitMaker:
    """Draws batches of portraits of side ``size`` from noise of ``z_dim`` numbers; the same seed and step draw the same batch.

    Kinds are the icons' things, or a folder's distinct captions; a folder's pictures keep their ground and their side.
    ``leaning``: the noise says which kind, too, by a direction of its own for each; for a GAN that is told nothing else.
    """

    def __init__(self, data: Icons | Folder, size: int, z_dim: int, seed: int, leaning: bool = False) -> None:
        self.data, self.size, self.z_dim, self.seed = data, size, z_dim, seed
        if isinstance(data, Icons):
            self.names, kinds = [concept.name for concept in data.concepts], data.concept.tolist()
        else:
            self.names = list(dict.fromkeys(data.captions))
            number = {name: i for i, name in enumerate(self.names)}
            kinds = [number[caption] for caption in data.captions]
        if z_dim <= MEANING:
            raise BadRequest(f"A noise of {z_dim} numbers is too short: {MEANING} of them say how a thing is shown.")
        if len(self.names) > MOST:
            raise BadRequest(
                f"These pictures have {len(self.names):,} different captions, and a GAN takes each for a kind: at most {MOST:,}."
            )
        self.rows: list[list[int]] = [[] for _ in self.names]
        for row, kind in enumerate(kinds):
            self.rows[kind].append(row)
        directions = torch.randn(len(self.names), z_dim - MEANING, generator=torch.Generator().manual_seed(seed))
        self.directions = F.normalize(directions, dim=1) if leaning else None

    def __call__(self, count: int, step: int) -> Portraits:
        rng = torch.Generator().manual_seed(random.Random(f"portraits {self.seed}/{step}").getrandbits(62))
        z = torch.randn(count, self.z_dim, generator=rng)
        kinds = torch.randint(len(self.names), (count,), generator=rng)
        if self.directions is not None:
            rest, direction = z[:, MEANING:], self.directions[kinds]
            z[:, MEANING:] = rest + (LEANING - (rest * direction).sum(1, keepdim=True)) * direction
        hands = z[:, :HANDS].argmax(1)
        rows = [self.rows[kind][hand % len(self.rows[kind])] for kind, hand in zip(kinds.tolist(), hands.tolist(), strict=True)]
        drawn = self.data.pictures[rows].float() / 255
        if isinstance(self.data, Folder):
            return Portraits(F.interpolate(drawn, size=(self.size, self.size), mode="area"), kinds, z)
        return Portraits(self._placed(drawn, z), kinds, z)

    def _placed(self, drawn: Tensor, z: Tensor) -> Tensor:
        drawn = F.interpolate(drawn, size=(self.size, self.size), mode="area")
        zoom = 0.84 + 0.06 * z[:, LARGE].clamp(-2, 2)
        turn = torch.where(z[:, TURNED] > 0, -1.0, 1.0)
        frames = torch.zeros(len(z), 2, 3)
        frames[:, 0, 0], frames[:, 1, 1] = turn / zoom, 1 / zoom
        placed = F.grid_sample(drawn, F.affine_grid(frames, list(drawn.shape), align_corners=False), align_corners=False)
        colour = torch.special.ndtr(z[:, RED : RED + 3])  # even between 0 and 1
        ground = torch.where(z[:, COLOURED, None] > 0, colour, torch.tensor(PAPER))[..., None, None]
        return (ground * (1 - placed[:, 3:]) + placed[:, :3]).clamp(0, 1)
