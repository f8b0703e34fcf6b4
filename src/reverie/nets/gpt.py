"""minGPT, bare: a transformer that writes a VQGAN's codes one after another (Esser, Rombach & Ommer 2021, arXiv 2012.09841).

Module names follow taming-transformers' state dicts, so that people's checkpoints load key for key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Past = tuple[Tensor, Tensor]  # keys and values of a block, [B,heads,T,width/heads] each


@dataclass(frozen=True)
class GPTConfig:
    """taming's ``transformer_config``; the defaults are its ImageNet model's.

    ``classes``: how many there are to name one as the first code; 0 where every picture begins with the code ``start``.
    """

    vocab_size: int = 16384
    block_size: int = 256
    n_layer: int = 48
    n_head: int = 24
    n_embd: int = 1536
    classes: int = 0
    start: int = 0


class Attention(nn.Module):
    """Each place sees itself and those before it."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.heads = config.n_head
        self.key, self.query, self.value, self.proj = (nn.Linear(config.n_embd, config.n_embd) for _ in range(4))

    def forward(self, x: Tensor, past: Past | None) -> tuple[Tensor, Past]:
        q, k, v = (part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value))
        if past is not None:  # then there is one new place, which sees all
            k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
        return self.proj(mixed.transpose(1, 2).flatten(2)), (k, v)


class Block(nn.Module):
    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        width = config.n_embd
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(config)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, past: Past | None) -> tuple[Tensor, Past]:
        seen, now = self.attn(self.ln1(x), past)
        x = x + seen
        return x + self.mlp(self.ln2(x)), now


class GPT(nn.Module):
    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        if config.n_head < 1 or config.n_embd % config.n_head:
            raise ValueError(f"a width of {config.n_embd} cannot be shared by {config.n_head} heads")
        self.config = config
        self.tok_emb = nn.Embedding(config.vocab_size, config.n_embd)
        self.pos_emb = nn.Parameter(torch.zeros(1, config.block_size, config.n_embd))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd)
        self.head = nn.Linear(config.n_embd, config.vocab_size, bias=False)

    def forward(self, codes: Tensor, past: Sequence[Past] = ()) -> tuple[Tensor, list[Past]]:
        """Codes int64 [B,T] after those of ``past`` (then T is 1) to logits of what follows each, [B,T,vocab_size]."""
        before = past[0][0].shape[2] if past else 0
        x = self.tok_emb(codes) + self.pos_emb[:, before : before + codes.shape[1]]
        now = []
        for i, block in enumerate(self.blocks):
            x, seen = block(x, past[i] if past else None)
            now.append(seen)
        return self.head(self.ln_f(x)), now


@torch.no_grad()
def write(network: GPT, first: Tensor, count: int, rngs: Sequence[torch.Generator], codes: int, temperature: float = 1.0) -> Tensor:
    """``count`` codes int64 [B,count] below ``codes`` after the one in ``first`` [B,1]; row i draws from ``rngs[i]`` alone.

    ``temperature`` widens the choice; at 0 each code is the likeliest.
    """
    written, past = [first], list[Past]()
    for _ in range(count):
        logits, past = network(written[-1], past)
        odds = logits[:, -1, :codes].float()
        noise = torch.stack([torch.empty(odds.shape[1]).exponential_(generator=rng).clamp_min(1e-20).log() for rng in rngs])
        written.append((odds - temperature * noise.to(odds.device)).argmax(-1, keepdim=True))  # Gumbel noise: a draw is a largest
    return torch.cat(written[1:], 1)
