"""Train the code transformer: from captions to the codes of plain scenes, by cross-entropy where codes are masked."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reverie.data.plain import Plain
from reverie.errors import BadRequest
from reverie.nets.codes import CodesConfig, CodeTransformer, acquaint, fill, mask
from reverie.nets.miniclip import MiniCLIP
from reverie.nets.vqgan import VQGAN
from reverie.tokens import Tokenizer
from reverie.train import together
from reverie.train.descent import Slow, autocast, descend, set_rate
from reverie.train.settings import Pace
from reverie.train.sheet import prompts, save_sheet
from reverie.train.source import Data, drawings
from reverie.train.start import came_from, copied
from reverie.weights import fingerprint, save_network

# Composing and encoding a scene costs about what learning from it costs, so a quarter of a batch is new and the rest is
# seen again, under other masks, before the pool forgets it.
FRESH, POOL = 4, 8192
UNSAID = 0.1  # share of rows that learn without text, for guidance


class Readers(NamedTuple):
    """The frozen networks that scenes are told by: who reads the captions, its tokenizer, and who encodes the pictures."""

    guide: MiniCLIP
    tokens: Tokenizer
    vqgan: VQGAN


class Pool(nn.Module):
    """The last scenes as codes, texts and hands. A part of the checkpoint: what is seen again after a resume is the same."""

    def __init__(self, config: CodesConfig) -> None:
        super().__init__()
        self.codes: Tensor
        self.read: Tensor
        self.hands: Tensor
        self.register_buffer("codes", torch.zeros(POOL, config.side, config.side, dtype=torch.int32))
        self.register_buffer("read", torch.zeros(POOL, config.dim, dtype=torch.float16))
        self.register_buffer("hands", torch.zeros(POOL, dtype=torch.int64))


class CodesTrainer:
    """One step: some new scenes and some of the pool's, with codes hidden by chance, to be told from the rest and the text.

    ``start`` gives first weights, and whom they were trained with. Raises ``BadRequest`` where its codes are another VQGAN's.
    """

    kind = "codes"

    def __init__(
        self,
        data: Data,
        pace: Pace,
        readers: Readers,
        seed: int = 0,
        config: CodesConfig | None = None,
        device: str = "cpu",
        start: tuple[CodeTransformer, dict[str, str]] | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.pace, self.device = pace, torch.device(device)
        guide, self.tokens, vqgan = readers
        self.text = guide.text.to(self.device).eval().requires_grad_(False)
        self.vqgan = vqgan.to(self.device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        # What the codes and the texts mean: whoever samples must have the same codebook and the same text tower.
        self.reads = {"guide": fingerprint(guide.text.state_dict().values()), "vqgan": fingerprint([vqgan.quantize.embedding.weight])}
        if start:
            self.model = self._going_on(*start)
        else:
            self.model = CodeTransformer(replace(config or CodesConfig(), codes=vqgan.config.n_embed, dim=guide.config.dim))
            acquaint(self.model, vqgan.quantize.embedding.weight.cpu())
        config = self.model.to(self.device).config
        self.slow = Slow(self.model, 0.995)
        self.pool = Pool(config).to(self.device)
        self.maker = drawings(data, config.side * vqgan.config.factor, config.hands, seed)
        self.sheet = prompts(data)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=pace.rate, betas=(0.9, 0.98), weight_decay=0.01)
        told = {**asdict(pace), **asdict(config), **came_from(start and start[0])}
        encoder = fingerprint(vqgan.state_dict().values())
        self.settings = {"kind": self.kind, "seed": seed, "data": data.fingerprint(), "encoder": encoder, **self.reads, **told}

    def _going_on(self, network: CodeTransformer, reads: dict[str, str]) -> CodeTransformer:
        """A copy of the network, whose codes must be this VQGAN's; the words may have been read by another guide."""
        if reads["vqgan"] != self.reads["vqgan"]:
            raise BadRequest("The code transformer to start from learnt another VQGAN's codes: give that one by --vqgan FILE.")
        if network.config.dim != self.text.head.out_features:
            reads_, has = network.config.dim, self.text.head.out_features
            raise BadRequest(f"The code transformer to start from reads texts of {reads_} numbers, and this guide's have {has}.")
        return copied(network)

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "slow": self.slow.network, "pool": self.pool, "optimiser": self.optimiser}

    @property
    def fresh(self) -> int:
        """New scenes per step and process."""
        return max(1, together.share(self.pace.batch) // FRESH)

    def draw(self, number: int) -> Plain:
        return self.maker(self.fresh, number)

    def step(self, number: int, plain: Plain) -> dict[str, float]:
        set_rate(number, self.pace, self.optimiser)
        rng = torch.Generator().manual_seed(together.turn(number))
        rows = self._take_in(number, plain, rng)
        codes, hands = self.pool.codes[rows].long(), self.pool.hands[rows]
        silent = (torch.rand(len(rows), 1, generator=rng) < UNSAID).to(self.device)
        read = self.pool.read[rows].float().masked_fill(silent, 0)
        seen, hidden = mask(codes, rng, self.model.config.codes)
        with autocast(self.device):
            logits = self.model(seen, read, hands)[hidden].float()
        loss = F.cross_entropy(logits, codes[hidden])
        descend(loss, self.optimiser, 1.0)
        self.slow.update(self.model, number)
        return {"loss": loss.item(), "right": (logits.argmax(-1) == codes[hidden]).float().mean().item()}

    @torch.no_grad()
    def _take_in(self, number: int, plain: Plain, rng: torch.Generator) -> Tensor:
        """Put all processes' new scenes into the pool in place of the oldest; gives the rows of this one's batch, its new ones
        among them.
        """
        every = self.fresh * together.count()
        first = number * every
        rows = torch.arange(first, first + every) % POOL
        self.pool.codes[rows] = together.gather(self._encode(plain.images).int())
        self.pool.read[rows] = together.gather(self._read(plain.captions)).half()
        self.pool.hands[rows] = together.gather(plain.hands.to(self.device))
        known, old = min(POOL, first + every), together.share(self.pace.batch) - self.fresh
        return torch.cat((rows.chunk(together.count())[together.rank()], torch.randint(known, (old,), generator=rng)))

    def _encode(self, images: Tensor) -> Tensor:
        """[B,3,S,S] in 0..1 -> int64 [B,side,side]; a few at a time, which stay in a CPU's cache."""
        found = []
        for some in images.to(self.device).split(8 if self.device.type == "cpu" else len(images)):
            with autocast(self.device):
                z = self.vqgan.encode(some.contiguous(memory_format=torch.channels_last) * 2 - 1)
            found.append(self.vqgan.quantize.indices(z))
        return torch.cat(found)

    def _read(self, texts: list[str]) -> Tensor:
        return F.normalize(self.text(torch.tensor(self.tokens(texts), device=self.device)).float(), dim=-1)

    @torch.no_grad()
    def sample(self, folder: Path, number: int) -> None:
        """A sheet: a dozen prompts across, sampled by three hands."""
        net, count = self.slow.network, len(self.sheet)
        assert isinstance(net, CodeTransformer)
        read = self._read(list(self.sheet))
        rows = []
        for hand in range(min(3, net.config.hands)):
            rngs = [torch.Generator().manual_seed(hand) for _ in self.sheet]
            codes = fill(net, read, torch.full((count,), hand, device=self.device), rngs)
            rows.append(self.vqgan.decode(self.vqgan.quantize.vectors(codes)) / 2 + 0.5)
        save_sheet(folder / "sheet.png", torch.stack(rows))

    def export(self, path: Path) -> None:
        save_network(path, self.kind, self.slow.network, self.model.config, reads=self.reads)
