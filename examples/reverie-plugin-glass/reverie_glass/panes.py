"""A soft Voronoi diagram: every pixel shows the colour of the pane whose middle is nearest, and lead where two are as near."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.errors import BadRequest
from reverie.rng import Rng
from reverie.types import Latent
from reverie_glass import Options

DARK = 0.9  # what lead takes of the light


class Glass:
    """The latent is where each pane's middle is [B,N,2], in panes from the top left, and raw colours [B,N,3]."""

    rate = 0.03

    def __init__(self, options: Options, device: torch.device) -> None:
        self.options, self.device = options, device

    def check(self, height: int, width: int) -> None:
        if min(height, width) < 16:
            raise BadRequest(f"glass cannot paint {width}x{height}: the smallest size is 16x16.")

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        middles = torch.cat([self._middles(rng, height, width) for rng in rngs]).to(self.device)
        if image is not None:
            return self._coloured(middles, image)
        colours = torch.cat([rng.normal((1, middles.shape[1], 3), "colours") for rng in rngs])
        return Latent((middles, 0.5 * colours.to(self.device)), height, width)

    def encode(self, image: Tensor) -> Latent:
        height, width = image.shape[-2:]
        return self._coloured(self._middles(Rng(0), height, width).expand(len(image), -1, -1).to(self.device), image)

    def __call__(self, latent: Latent) -> Tensor:
        middles, colours = latent.parts
        pixels, nearest = self._nearest(middles, latent.height, latent.width)
        there = _taken(middles, nearest)
        far = (pixels.view(-1, 1, 2) - there).square().sum(-1)
        shares = F.softmax(-self.options.sharp * far, dim=-1).unsqueeze(-1)
        picture = (shares * _taken(colours.sigmoid(), nearest)).sum(2)
        # How far it is to where the nearest two are equally far: there runs the lead.
        apart = (there[:, :, 1] - there[:, :, 0]).square().sum(-1).clamp_min(1e-6).sqrt()
        edge = (far[..., 1] - far[..., 0]) / (2 * apart)
        light = 1 - DARK * (1.5 - edge / self.options.lead).clamp(0, 1)
        return (light.unsqueeze(-1) * picture).transpose(1, 2).unflatten(2, (latent.height, latent.width))

    def project(self, latent: Latent) -> None:
        """Middles stay in the frame."""
        size = self._pane(latent.height, latent.width)
        for axis, side in enumerate((latent.width, latent.height)):
            latent.parts[0][..., axis].clamp_(0, side / size)

    def prior(self, latent: Latent) -> Tensor | None:
        return None

    def _pane(self, height: int, width: int) -> float:
        """Pixels along a pane."""
        return sqrt(height * width / self.options.panes)

    def _middles(self, rng: Rng, height: int, width: int) -> Tensor:
        """[1,N,2]: rows like bricks, each pane a little out of place."""
        size = self._pane(height, width)
        rows, columns = max(1, round(height / size)), max(1, round(width / size))
        y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
        x = x + 0.25 * (1 - 2 * (torch.arange(rows) % 2)).view(-1, 1)
        grid = torch.stack((x * width / columns, y * height / rows), -1).view(1, -1, 2) / size
        return grid + 0.2 * rng.normal((1, rows * columns, 2), "middles").clamp(-2, 2)

    @torch.no_grad()
    def _nearest(self, middles: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Where pixels are [HW,2], in panes, and which three middles are nearest to each [B,HW,3]."""
        y, x = torch.meshgrid(torch.arange(height, device=self.device), torch.arange(width, device=self.device), indexing="ij")
        pixels = (torch.stack((x, y), -1).view(-1, 2) + 0.5) / self._pane(height, width)
        with torch.autocast(self.device.type, enabled=False):  # a pixel's place needs more digits than bf16 has
            # The squared distance turned round, without the pixel's own square, which is the same for all panes.
            near = 2 * pixels @ middles.transpose(1, 2) - middles.square().sum(-1).unsqueeze(1)
            return pixels, near.topk(3, dim=-1).indices

    def _coloured(self, middles: Tensor, image: Tensor) -> Latent:
        """Each pane in the mean colour of the pixels that are nearest to it."""
        height, width = image.shape[-2:]
        own = self._nearest(middles, height, width)[1][..., :1]
        shown = torch.cat((image, torch.ones_like(image[:, :1])), 1).to(self.device).flatten(2).transpose(1, 2)
        sums = shown.new_zeros(*middles.shape[:2], 4).scatter_add(1, own.expand(-1, -1, 4), shown)
        colours = sums[..., :3] / sums[..., 3:].clamp_min(1)
        return Latent((middles, colours.clamp(0.02, 0.98).logit()), height, width)


def _taken(of_panes: Tensor, nearest: Tensor) -> Tensor:
    """[B,N,C] of panes and [B,HW,K] numbers of panes -> [B,HW,K,C]."""
    chosen = nearest.flatten(1).unsqueeze(-1).expand(-1, -1, of_panes.shape[-1])
    return of_panes.gather(1, chosen).unflatten(1, nearest.shape[1:])
