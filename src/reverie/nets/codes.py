"""The code transformer: from what was read to the codes of a picture, all places at once, in a few passes.

A masked-token transformer (MaskGIT, Chang et al. 2022, arXiv 2202.04200) instead of one that writes code after code:
ten passes instead of 256, so that a picture takes a fraction of a second on a CPU, and every place is settled by what
stands on all its sides. Cells of 2x2 codes are thought about together and told apart again (Nawrot et al. 2021, arXiv
2110.13711), by a convolution: on a CPU a batch is learnt from four times as fast as with attention among all places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_BY_CHANCE = 4.5  # MaskGIT's "choice temperature"
_LAYOUT = 64  # features of each of the 4x4 parts of the layout


@dataclass(frozen=True)
class CodesConfig:
    """``side``: codes along each edge, even; ``codes``: size of the codebook; ``dim``: of the text embedding; ``hands``:
    how many ways of drawing the same thing can be asked for; ``fine`` and ``width``: features of a place and of a cell.
    """

    side: int = 16
    codes: int = 1024
    dim: int = 256
    hands: int = 8
    fine: int = 96
    width: int = 160
    layers: int = 3
    heads: int = 4

    @property
    def places(self) -> int:
        return self.side * self.side


class Block(nn.Module):
    """A pre-norm transformer block, shifted and scaled by the condition (Perez et al. 2018, arXiv 1709.07871)."""

    def __init__(self, width: int, heads: int, cond: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.film = nn.Linear(cond, 2 * width)

    def forward(self, x: Tensor, cond: Tensor) -> Tensor:
        count, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        # Written out: at 64 cells the backward pass of the fused CPU kernel costs more than the products themselves.
        mixed = ((q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5).softmax(-1) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(count, length, width))
        scale, shift = self.film(cond)[:, None].chunk(2, -1)
        return x + self.down(F.gelu(self.up(self.norm2(x) * (1 + scale) + shift)))


class Neighbours(nn.Module):
    """A residual 3x3 convolution over all places [B,h,w,fine], under the same condition."""

    def __init__(self, fine: int, cond: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(fine)
        self.film = nn.Linear(cond, 2 * fine)
        self.near, self.out = nn.Conv2d(fine, fine, 3, 1, 1), nn.Conv2d(fine, fine, 1)

    def forward(self, x: Tensor, cond: Tensor) -> Tensor:
        scale, shift = self.film(cond)[:, None, None].chunk(2, -1)
        y = (self.norm(x) * (1 + scale) + shift).permute(0, 3, 1, 2)
        return x + self.out(F.gelu(self.near(y))).permute(0, 2, 3, 1)


class CodeTransformer(nn.Module):
    """Codes with gaps, what was read and by which hand -> what stands in each place.

    Codes: int64 [B,side,side], ``config.codes`` in a gap; read: [B,dim], unit length, or zeros for no text; hands: int64
    [B]. Gives logits [B,side,side,codes].
    """

    def __init__(self, config: CodesConfig) -> None:
        super().__init__()
        if config.side % 2 or config.width % config.heads:
            raise ValueError(f"side {config.side} must be even, width {config.width} a multiple of heads {config.heads}")
        self.config = config
        fine, width = config.fine, config.width
        self.embed = nn.Embedding(config.codes + 1, fine)  # also the last layer, turned round
        nn.init.normal_(self.embed.weight, 0, 0.02)
        self.place = nn.Parameter(nn.init.normal_(torch.empty(config.side, config.side, fine), 0, 0.2))
        self.bias = nn.Parameter(torch.zeros(config.codes))
        self.enter, self.hand = nn.Linear(config.dim, width), nn.Embedding(config.hands, width)
        # What a thing looks like by one hand says little of how another draws it: the two must mix before anything is drawn.
        self.mix = nn.Sequential(nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
        # A first rough layout by the words alone: with the condition the same everywhere shapes are learnt late.
        self.layout = nn.Linear(width, 16 * _LAYOUT)
        self.enrich = nn.Conv2d(_LAYOUT, width, 3, 1, 1)
        self.gather, self.spread = nn.Linear(4 * fine, width), nn.Linear(width, 4 * fine)
        self.coarse = nn.ModuleList(Block(width, config.heads, width) for _ in range(config.layers))
        self.fine = Neighbours(fine, width)
        self.norm = nn.LayerNorm(fine)

    def forward(self, codes: Tensor, read: Tensor, hands: Tensor) -> Tensor:
        count, fine, cell = len(codes), self.config.fine, self.config.side // 2
        told = self.enter(read * self.config.dim**0.5) + self.hand(hands)
        cond = F.silu(told + self.mix(F.silu(told)))
        x = self.embed(codes) * fine**0.5 + self.place
        cells = x.view(count, cell, 2, cell, 2, fine).transpose(2, 3).reshape(count, cell * cell, 4 * fine)
        rough = F.interpolate(self.layout(cond).view(count, -1, 4, 4), size=(cell, cell), mode="nearest")
        y = self.gather(cells) + self.enrich(F.silu(rough)).flatten(2).transpose(1, 2)
        for block in self.coarse:
            y = block(y, cond)
        back = self.spread(y).view(count, cell, cell, 2, 2, fine).transpose(2, 3).reshape(x.shape)
        x = self.fine(x + back, cond)
        return F.linear(self.norm(x), self.embed.weight[:-1], self.bias)


def acquaint(network: CodeTransformer, book: Tensor) -> None:
    """Start the embedding from the codebook [codes,D], so that codes which look alike are alike from the first step."""
    with torch.no_grad():
        spread = (book - book.mean(0)) @ torch.randn(book.shape[1], network.config.fine)
        network.embed.weight[:-1] = 0.02 * spread / spread.std().clamp_min(1e-6)


def gaps(done: float, places: int) -> int:
    """How many of the places are still gaps when a share ``done`` (0..1) of the passes is over: a cosine, 0 at the end."""
    return math.floor(places * math.cos(math.pi / 2 * done) + 1e-9)


def mask(codes: Tensor, rng: torch.Generator, gap: int) -> tuple[Tensor, Tensor]:
    """Codes [B,h,w] with a random share of each row's places turned into ``gap``, and which [B,h,w]; at least one each."""
    flat = codes.flatten(1)
    count = [max(1, gaps(done, flat.shape[1])) for done in torch.rand(len(flat), generator=rng).tolist()]
    order = torch.rand(flat.shape, generator=rng).argsort(1).argsort(1)
    hidden = (order < torch.tensor(count)[:, None]).view(codes.shape).to(codes.device)
    return codes.masked_fill(hidden, gap), hidden


@torch.no_grad()
def fill(
    network: CodeTransformer,
    read: Tensor,
    hands: Tensor,
    rngs: Sequence[torch.Generator],
    temperature: float = 0.8,
    guidance: float = 3.0,
    passes: int = 10,
) -> Tensor:
    """Sample codes int64 [B,side,side] without gaps; row i draws from ``rngs[i]`` alone.

    Each pass fills every gap, keeps what is surest and opens the rest again; early on mostly by chance, since flat ground
    is surest and would spread over everything. ``temperature`` widens the choice of codes; ``guidance`` pushes from what
    no text says towards what this one does (Ho & Salimans 2022, arXiv 2207.12598), growing from pass to pass as in Muse
    (Chang et al. 2023, arXiv 2301.00704).
    """
    count, config = len(read), network.config
    gap, device = config.codes, read.device
    codes = torch.full((count, config.places), gap, device=device)
    both, twice = torch.cat((read, torch.zeros_like(read))), torch.cat((hands, hands))
    for step in range(passes):
        done = (step + 1) / passes
        grid = codes.view(count, config.side, config.side)
        said, unsaid = network(torch.cat((grid, grid)), both, twice).float().flatten(1, 2).chunk(2)
        odds = (said + guidance * done * (said - unsaid)).log_softmax(-1)
        chosen = (odds + temperature * _gumbel(rngs, (config.places, gap)).to(device)).argmax(-1)
        sure = odds.gather(-1, chosen[..., None]).squeeze(-1)
        sure = sure + _BY_CHANCE * (1 - done) * _gumbel(rngs, (config.places,)).to(device)
        open_ = codes == gap
        codes = torch.where(open_, chosen, codes)
        sure = sure.masked_fill(~open_, math.inf)  # what is kept stays kept
        again = sure.argsort(1)[:, : gaps(done, config.places)]
        codes = codes.scatter(1, again, gap)
    return codes.view(count, config.side, config.side)


def _gumbel(rngs: Sequence[torch.Generator], shape: tuple[int, ...]) -> Tensor:
    """Gumbel noise [B,*shape]: added to log-odds, the largest is a draw from them. On the CPU, where all draw alike."""
    noise = torch.stack([torch.rand(shape, generator=rng) for rng in rngs])
    return -(-noise.clamp_min(1e-20).log()).clamp_min(1e-20).log()
