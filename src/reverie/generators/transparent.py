"""Any generator, made to paint pictures with an opacity: where there is nothing to see, nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.enlarge import reduced
from reverie.generators.frugal import frugal
from reverie.generators.stack import Options, Stack
from reverie.generators.tiled import tiled
from reverie.rng import Rng
from reverie.starts import standing_out
from reverie.types import Chooser, Drawing, Generator, Latent, Mixer

SCALES = tuple(0.25 / 1.5**k for k in range(9, -1, -1))  # of the opacity's pictures, in parts of the frame: none fine enough for grain
RATE = 0.005  # that suits them, whatever the generator's own is
BEYOND = 0.1  # opacity reaches so far over 0..1 on both sides, so that what is nearly clear is clear, and what is nearly opaque opaque


class Opacity(Stack):
    """Pictures of one channel, as many whatever the size of the frame, so that they can be told from the parts of the colours."""

    def sizes(self, height: int, width: int) -> list[tuple[int, int]]:
        return [(max(1, round(height * scale)), max(1, round(width * scale))) for scale in SCALES]


class Transparent:
    """Pictures [B,4,H,W], of which the fourth channel is the opacity. Its latent comes after the colours', in units in which the
    generator's rate is a good step for it.
    """

    def __init__(self, inner: Generator, tile: str) -> None:
        self.inner, self.rate = inner, inner.rate
        self.opacity = tiled(Opacity(Options(), torch.device("cpu")), tile)

    def check(self, height: int, width: int) -> None:
        self.inner.check(height, width)

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        return self._with(self.inner.start(rngs, height, width), _spot(height, width).expand(len(rngs), -1, -1, -1))

    def frugal(self) -> Transparent:
        found = copy(self)
        found.inner = frugal(self.inner)
        return found

    def encode(self, image: Tensor) -> Latent:
        """Of a picture with an opacity [B,4,H,W], or of one whose ground [B,3,H,W] is taken away."""
        opacity = image[:, 3:] if image.shape[1] == 4 else without_ground(image)
        return self._with(self.inner.encode(spread(image[:, :3], opacity)), opacity)

    def __call__(self, latent: Latent) -> Tensor:
        inner, opacity = self._apart(latent)
        return self._painted(self.inner(inner), opacity)

    def _painted(self, colours: Tensor, opacity: Latent) -> Tensor:
        return torch.cat((colours.float(), self.opacity(opacity) * (1 + 2 * BEYOND) - BEYOND), 1)

    def project(self, latent: Latent) -> None:
        self.inner.project(self._apart(latent)[0])

    def prior(self, latent: Latent) -> Tensor | None:
        return self.inner.prior(self._apart(latent)[0])

    def _apart(self, latent: Latent) -> tuple[Latent, Latent]:
        """The colours' latent, and the opacity's."""
        scaled = tuple(part * (RATE / self.rate) for part in latent.parts[-len(SCALES) :])
        return replace(latent, parts=latent.parts[: -len(SCALES)]), replace(latent, parts=scaled)

    def _with(self, colours: Latent, opacity: Tensor) -> Latent:
        """The latent of these colours and an opacity [B,1,H,W] in 0..1."""
        parts = self.opacity.encode(opacity).parts
        scaled = (part.to(colours.parts[0].device) * (self.rate / RATE) for part in parts)
        return replace(colours, parts=(*colours.parts, *scaled))


class TransparentChooser(Transparent):
    """A generator that offers starts of its own: all opaque, until one is chosen."""

    def choices(self, rng: Rng, height: int, width: int) -> Latent:
        assert isinstance(self.inner, Chooser)
        found = self.inner.choices(rng, height, width)
        whole = self._with(found, torch.ones(1, 1, height, width))
        return replace(whole, parts=tuple(part.expand(len(found.parts[0]), *part.shape[1:]) for part in whole.parts))

    @torch.no_grad()
    def cleared(self, latent: Latent) -> Latent:
        """The same start without its ground."""
        colours, _ = self._apart(latent)
        return self._with(colours, without_ground(self.inner(colours).float().clamp(0, 1)))


class TransparentMixer(TransparentChooser):
    """One that may start from several of them at once."""

    def mixed(self, ranked: Latent) -> Latent:
        assert isinstance(self.inner, Mixer)
        colours, opacity = ranked.parts[: -len(SCALES)], ranked.parts[-len(SCALES) :]
        found = self.inner.mixed(replace(ranked, parts=colours))
        return replace(found, parts=(*found.parts, *(part[:1] for part in opacity)))


class TransparentDrawing(Transparent):
    """A generator that draws anew at every step."""

    def draw(self, latent: Latent, rngs: Sequence[Rng], step: int) -> Tensor:
        assert isinstance(self.inner, Drawing)
        inner, opacity = self._apart(latent)
        return self._painted(self.inner.draw(inner, rngs, step), opacity)


def transparent(generator: Generator, tile: str) -> Generator:
    """A generator that is tiled as ``tile`` says, with an opacity that is tiled too."""
    kinds = ((Mixer, TransparentMixer), (Chooser, TransparentChooser), (Drawing, TransparentDrawing), (object, Transparent))
    return next(kind for able, kind in kinds if isinstance(generator, able))(generator, tile)


def without_ground(pictures: Tensor) -> Tensor:
    """[B,1,H,W] in 0..1: the opacity of what stands out from the ground of pictures [B,3,H,W], without holes."""
    return filled((3 * standing_out(pictures) - 0.5).clamp(0, 1))


def filled(opacity: Tensor) -> Tensor:
    """[B,1,H,W] without holes: only what can be reached from the edge is clear (morphological reconstruction by dilation)."""
    clear = 1 - opacity
    reached, before = clear.clone(), torch.empty(0, device=clear.device)
    reached[..., 1:-1, 1:-1] = 0
    while not torch.equal(reached, before):
        before, reached = reached, torch.minimum(F.max_pool2d(reached, 3, 1, 1), clear)
    return 1 - reached


def spread(colours: Tensor, opacity: Tensor) -> Tensor:
    """Colours [B,3,H,W] of which the opaque ones run on to where nothing is, so that soft edges hold none of the ground."""
    seen = (opacity - 0.9).clamp_min(0) + 1e-6
    sums, found, rest, size = colours * seen, torch.zeros_like(colours), torch.ones_like(opacity), colours.shape[-2:]
    while True:  # coarser and coarser, until every place is near something that is seen
        share = F.interpolate(seen, size=size, mode="bilinear", align_corners=False)
        mean = F.interpolate(sums, size=size, mode="bilinear", align_corners=False) / share
        part = rest * (share * 10).clamp(0, 1)
        found, rest = found + part * mean, rest - part
        if min(sums.shape[-2:]) < 2:
            return found + rest * mean
        half = (sums.shape[-2] // 2, sums.shape[-1] // 2)
        sums, seen = reduced(sums, *half), reduced(seen, *half)


def _spot(height: int, width: int) -> Tensor:
    """[1,1,height,width]: opaque in the middle, clear at the corners."""
    y, x = (torch.linspace(-1, 1, side) for side in (height, width))
    return torch.sigmoid(6 * (0.8 - (x.square() + y.square().view(-1, 1)).sqrt())).view(1, 1, height, width)
