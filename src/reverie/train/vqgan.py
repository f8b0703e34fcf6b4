"""Train the mini VQGAN: reconstruct scenes through a codebook, sharpened by a patch discriminator.

After Esser et al. 2021 (arXiv 2012.09841), with the guide's own features as the perceptual term instead of VGG's, and
the codebook moved by exponential averages (van den Oord et al. 2017, arXiv 1711.00937, appendix A) with dead codes
revived where the encoder is now.
"""

from __future__ import annotations

import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reverie.nets.miniclip import MiniCLIP
from reverie.nets.vqgan import VQGAN, VQGANConfig
from reverie.train import together
from reverie.train.descent import Slow, autocast, descend, set_rate
from reverie.train.settings import Pace
from reverie.train.sheet import save_sheet
from reverie.train.source import Data, scenes
from reverie.train.start import came_from, copied
from reverie.weights import fingerprint, save_network

MINI = VQGANConfig(
    ch=32, ch_mult=(1, 1, 2, 4), num_res_blocks=1, attn_resolutions=(), resolution=64,
    z_channels=64, embed_dim=32, n_embed=1024, groups=4, mid_attention=False,
)  # fmt: skip
CROP = 64
# Shares of the training: first without the codebook, so that the encoder may spread out before it is pinned to codes;
# the critic joins once pictures come back whole.
FREE, ADVERSARIAL = 0.15, 0.6


class PatchDiscriminator(nn.Module):
    """Real or painted, patch by patch (Isola et al. 2017, arXiv 1611.07004): [B,3,H,W] -> [B,1,H/8,W/8]."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for inside, outside in ((width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(inside, outside, 4, 2, 1, bias=False), nn.GroupNorm(8, outside), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(4 * width, 1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def wake(model: VQGAN) -> None:
    """Start weights that keep a picture's contrast from layer to layer (LeCun et al. 1998, "Efficient BackProp", 4.6).

    PyTorch's own start shrinks a signal by sqrt(3) in every convolution. Behind eight of them in a row nothing of the
    picture is left, and the network finds grey first: after 6,400 pictures, unquantised, the mean error was 0.103 with
    that start and 0.072 with this one.
    """
    for part in model.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.normal_(part.weight, 0, part.weight[0].numel() ** -0.5)
            assert part.bias is not None
            nn.init.zeros_(part.bias)


class Averages(nn.Module):
    """Running use and sum of every code, from which the codebook is set."""

    def __init__(self, count: int, dim: int) -> None:
        super().__init__()
        self.use: Tensor
        self.total: Tensor
        self.register_buffer("use", torch.zeros(count))
        self.register_buffer("total", torch.zeros(count, dim))

    @torch.no_grad()
    def keep(self, book: nn.Embedding) -> None:
        """Go on from the codes as they are."""
        self.use.fill_(1.0)
        self.total.copy_(book.weight)

    @torch.no_grad()
    def plant(self, book: nn.Embedding, points: Tensor, rng: torch.Generator) -> None:
        """Put the codes where the encoder's outputs [N,D] are, by a few rounds of k-means."""
        codes = points[torch.randperm(len(points), generator=rng)[: len(self.use)].to(points.device)]
        for _ in range(5):
            nearest = torch.cdist(points, codes).argmin(1)
            counts = torch.bincount(nearest, minlength=len(codes)).unsqueeze(1)
            sums = torch.zeros_like(codes).index_add_(0, nearest, points)
            codes = torch.where(counts > 0, sums / counts.clamp_min(1), codes)
        self.use.fill_(1.0)
        self.total.copy_(codes)
        book.weight.copy_(codes)

    @torch.no_grad()
    def update(self, book: nn.Embedding, z: Tensor, chosen: Tensor, rng: torch.Generator) -> None:
        """Move each code towards what chose it; put codes that nothing chooses where the encoder is."""
        flat = _points(z)
        picked = F.one_hot(chosen.flatten(), len(self.use)).float()
        self.use.lerp_(picked.sum(0), 0.02)
        self.total.lerp_(picked.T @ flat, 0.02)
        dead = self.use < 0.03
        fresh = flat[torch.randint(len(flat), (int(dead.sum()),), generator=rng)]
        self.use[dead], self.total[dead] = 1.0, fresh
        book.weight.copy_(self.total / self.use.unsqueeze(1))


def _points(z: Tensor) -> Tensor:
    """[B,D,h,w] -> [B*h*w,D], detached."""
    return z.detach().float().permute(0, 2, 3, 1).reshape(-1, z.shape[1])


class VqganTrainer:
    """One step: reconstruct a batch of crops, judge the patches, move the codebook."""

    kind = "vqgan"

    def __init__(
        self,
        data: Data,
        pace: Pace,
        guide: MiniCLIP | None,
        seed: int = 0,
        config: VQGANConfig = MINI,
        device: torch.device | str = "cpu",
        start: VQGAN | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.pace, self.seed = pace, seed
        self.device = torch.device(device)
        self.guide = None if guide is None else guide.to(self.device).eval().requires_grad_(False)
        self.model = VQGAN(config) if start is None else copied(start)
        self.model = self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        config = self.model.config
        if start is None:
            wake(self.model)
        self.critic = PatchDiscriminator().to(self.device)
        self.averages = Averages(config.n_embed, config.embed_dim).to(self.device)
        if start is not None:
            self.averages.keep(self.model.quantize.embedding)
        self.slow = Slow(self.model, 0.998)
        self.maker = scenes(data, 2 * CROP, seed)
        learnt = [p for name, p in self.model.named_parameters() if not name.startswith("quantize")]
        self.optimiser = torch.optim.Adam(learnt, lr=pace.rate, betas=(0.9, 0.98))
        self.critic_optimiser = torch.optim.Adam(self.critic.parameters(), lr=pace.rate, betas=(0.5, 0.9))
        seen = "none" if guide is None else fingerprint(guide.state_dict().values())
        told = {**asdict(pace), **asdict(config), **came_from(start)}
        self.settings = {"kind": self.kind, "seed": seed, "data": data.fingerprint(), "guide": seen, **told}

    def parts(self) -> dict[str, Any]:
        return {
            "model": self.model, "slow": self.slow.network, "averages": self.averages, "critic": self.critic,
            "optimiser": self.optimiser, "critic_optimiser": self.critic_optimiser,
        }  # fmt: skip

    def draw(self, number: int) -> Tensor:
        """[batch,3,64,64] in 0..1: half of them close up, half of them the whole scene."""
        rng = torch.Generator().manual_seed(number)
        shown = copy.copy(self.maker)(together.share(self.pace.batch), number).images  # a maker holds its dice while it composes
        far = F.avg_pool2d(shown[::2], 2)
        y, x = torch.randint(0, CROP, (2,), generator=rng).tolist()
        return torch.cat((far, shown[1::2, :, y : y + CROP, x : x + CROP])).contiguous(memory_format=torch.channels_last)

    def step(self, number: int, drawn: Tensor) -> dict[str, float]:
        set_rate(number, self.pace, self.optimiser, self.critic_optimiser)
        planted = bool(self.averages.use.any())
        free, adversarial = number < FREE * self.pace.steps and not planted, number > ADVERSARIAL * self.pace.steps
        if not free and not planted:
            self._plant(number)
        images = drawn.to(self.device)
        with autocast(images.device):
            z = self.model.encode(images * 2 - 1).float()
            chosen = self.model.quantize.indices(z)
            codes = z.detach() if free else self.model.quantize.vectors(chosen).detach()
            painted = self.model.decode(z + (codes - z).detach()).float() / 2 + 0.5
        gap = painted - images
        sharp = gap.abs().mean()
        loss = sharp + 2 * gap.square().mean() + 0.25 * (z - codes).square().mean() + 0.5 * self._perceived(painted, images)
        if adversarial:
            with autocast(images.device):
                loss = loss - 0.01 * self.critic(painted).float().mean()
        descend(loss, self.optimiser, 1.0)
        if adversarial:
            self._teach_critic(images, painted.detach())
        if not free:
            whole = together.gather(z.detach()), together.gather(chosen)
            self.averages.update(self.model.quantize.embedding, *whole, torch.Generator().manual_seed(number))
        self.slow.update(self.model, number)
        return {"loss": loss.item(), "l1": sharp.item(), "codes": 0.0 if free else float(chosen.unique().numel())}

    @torch.no_grad()
    def _plant(self, number: int) -> None:
        """The first codebook, from eight batches' worth of what the encoder says by now."""
        batches = [self.draw(number + 10**6 + i).to(self.device) for i in range(8)]
        points = torch.cat([_points(self.model.encode(images * 2 - 1)) for images in batches])
        self.averages.plant(self.model.quantize.embedding, points, torch.Generator().manual_seed(number))
        together.agree((self.averages, self.model.quantize))
        assert isinstance(self.slow.network, VQGAN)
        self.slow.network.quantize.load_state_dict(self.model.quantize.state_dict())

    def _perceived(self, painted: Tensor, images: Tensor) -> Tensor:
        """Distance in the guide's features, each channel vector scaled to length 1 (Zhang et al. 2018, arXiv 1801.03924)."""
        if self.guide is None:
            return painted.new_zeros(())
        with autocast(images.device):
            ours = self.guide.image.features(painted)[:5]
            with torch.no_grad():
                theirs = self.guide.image.features(images)[:5]
        units = ((F.normalize(a.float(), dim=1), F.normalize(b.float(), dim=1)) for a, b in zip(ours, theirs, strict=True))
        return torch.stack([(a - b).square().sum(1).mean() for a, b in units]).mean()

    def _teach_critic(self, images: Tensor, painted: Tensor) -> None:
        with autocast(images.device):
            real, false = self.critic(images).float(), self.critic(painted).float()
        loss = F.relu(1 - real).mean() + F.relu(1 + false).mean()
        descend(loss, self.critic_optimiser)

    @torch.no_grad()
    def sample(self, folder: Path, number: int) -> None:
        """A sheet: eight crops above, what comes back through the codes below."""
        images = self.draw(10**9)[:8].to(self.device)
        net = self.slow.network
        assert isinstance(net, VQGAN)
        back = net.decode(net.quantize(net.encode(images * 2 - 1))) / 2 + 0.5
        save_sheet(folder / f"sheet-{number:06d}.png", torch.stack((images, back)), 2)

    def export(self, path: Path) -> None:
        save_network(path, self.kind, self.slow.network, self.model.config)
