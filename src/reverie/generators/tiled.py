"""Any generator, made to paint pictures that continue where they end: to the right at the left, below at the top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.generators.frugal import frugal
from reverie.rng import Rng
from reverie.types import Chooser, Drawing, Generator, Latent, Mixer, Noisy

AXES = {"across": (-1,), "down": (-2,), "both": (-2, -1)}
OVERLAP = 32  # pixels for each 256 of a side: a multiple of what VQGANs step by


class Tiled:
    """Paints a margin more than is asked for, and lets it fade into the other side.

    The last column that is seen is followed by the margin's first, which is what the first column shows.
    """

    def __init__(self, inner: Generator, axes: tuple[int, ...]) -> None:
        self.inner, self.axes, self.rate = inner, axes, inner.rate
        self.noise = inner.noise if isinstance(inner, Noisy) else ()

    def check(self, height: int, width: int) -> None:
        self.inner.check(*self._larger(height, width))

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        return replace(self.inner.start(rngs, *self._larger(height, width)), height=height, width=width)

    def frugal(self) -> Tiled:
        return type(self)(frugal(self.inner), self.axes)

    def encode(self, image: Tensor) -> Latent:
        height, width = image.shape[-2:]
        high, wide = self._larger(height, width)
        return replace(self.inner.encode(F.pad(image, (0, wide - width, 0, high - height), mode="circular")), height=height, width=width)

    def __call__(self, latent: Latent) -> Tensor:
        return self._tile(self.inner(self._inside(latent)), latent)

    def _inside(self, latent: Latent) -> Latent:
        high, wide = self._larger(latent.height, latent.width)
        return replace(latent, height=high, width=wide)

    def _tile(self, images: Tensor, latent: Latent) -> Tensor:
        for axis, side in ((-2, latent.height), (-1, latent.width)):
            if axis in self.axes:
                images = _closed(images, axis, side)
        return images

    def project(self, latent: Latent) -> None:
        self.inner.project(latent)

    def prior(self, latent: Latent) -> Tensor | None:
        return self.inner.prior(latent)

    def _larger(self, height: int, width: int) -> tuple[int, int]:
        high, wide = (side + _margin(side) * (axis in self.axes) for axis, side in ((-2, height), (-1, width)))
        return high, wide


class TiledChooser(Tiled):
    """A generator that offers starts of its own, tiled."""

    def choices(self, rng: Rng, height: int, width: int) -> Latent:
        assert isinstance(self.inner, Chooser)
        return replace(self.inner.choices(rng, *self._larger(height, width)), height=height, width=width)


class TiledMixer(TiledChooser):
    """One that may start from several of them at once, tiled."""

    def mixed(self, ranked: Latent) -> Latent:
        assert isinstance(self.inner, Mixer)
        return self.inner.mixed(ranked)


class TiledDrawing(Tiled):
    """A generator that draws anew at every step, tiled."""

    def draw(self, latent: Latent, rngs: Sequence[Rng], step: int) -> Tensor:
        assert isinstance(self.inner, Drawing)
        return self._tile(self.inner.draw(self._inside(latent), rngs, step), latent)


def tiled(generator: Generator, tile: str) -> Generator:
    """The generator as the Dream's ``tile`` asks for it."""
    if tile == "none":
        return generator
    kinds = ((Mixer, TiledMixer), (Chooser, TiledChooser), (Drawing, TiledDrawing), (object, Tiled))
    return next(kind for able, kind in kinds if isinstance(generator, able))(generator, AXES[tile])


def _margin(side: int) -> int:
    return min(side, OVERLAP * -(-side // 256))


def _closed(images: Tensor, axis: int, side: int) -> Tensor:
    """The first ``side`` pixels along an axis; what lies beyond fades into the first of them."""
    margin = images.shape[axis] - side
    ramp = (torch.arange(margin, device=images.device, dtype=images.dtype) + 0.5) / margin
    ramp = ramp.view(-1, 1) if axis == -2 else ramp
    first, rest, beyond = images.split([margin, side - margin, margin], axis)
    return torch.cat((torch.lerp(beyond, first, ramp), rest), axis)
