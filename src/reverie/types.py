"""The nouns of Reverie and what each must be able to do; nothing asks to be inherited from.

``image = generator(latent)``; perceptors look at views of it; objectives say how far it is from what was asked.
Everything leads with B, one row per dream, and no row ever depends on another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from reverie.curve import Curve
    from reverie.dream import Dream
    from reverie.rng import Rng


@dataclass(frozen=True)
class Latent:
    """What is optimised: tensors with leading B, and the size in pixels of the picture they stand for."""

    parts: tuple[Tensor, ...]
    height: int
    width: int


class Generator(Protocol):
    """Latent to picture. Holds weights only; nothing about a dream lives on it."""

    rate: float  # Adam's step size that suits this latent

    def check(self, height: int, width: int) -> None:
        """Raise ``BadRequest`` that names the nearest sizes when this one cannot be painted."""

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        """A first latent for each of the B draws, or the one nearest ``image`` [B,3,H,W] in 0..1."""

    def __call__(self, latent: Latent) -> Tensor:
        """[B,3,H,W], or [B,4,H,W] with an opacity, unclamped; 0..1 is what can be seen."""

    def project(self, latent: Latent) -> None:
        """Put the latent back, in place, where it may be (a codebook's bounds, say)."""

    def prior(self, latent: Latent) -> Tensor | None:
        """[B]: how unlikely this latent is, where the generator knows; added to the loss as it is."""

    def encode(self, image: Tensor) -> Latent:
        """The latent of a picture [B,3,H,W] in 0..1; raises ``Unsupported`` where there is none."""


@runtime_checkable
class Chooser(Protocol):
    """A generator that cannot encode a picture, and offers starts of its own instead."""

    def choices(self, rng: Rng, height: int, width: int) -> Latent:
        """Many starts, of which the perceptors choose one."""


@runtime_checkable
class Mixer(Protocol):
    """A chooser that may start from several of its starts at once."""

    def mixed(self, ranked: Latent) -> Latent:
        """The first latent, one row, of all its choices, the best first."""


@runtime_checkable
class Drawing(Protocol):
    """A generator whose latent says how likely pictures are: it is searched by drawing one anew at every step."""

    def draw(self, latent: Latent, rngs: Sequence[Rng], step: int) -> Tensor:
        """One picture [B,3,H,W] of those that the latent allows, unclamped; ``__call__`` gives the likeliest."""


@runtime_checkable
class Frugal(Protocol):
    """A generator that can do with less memory."""

    def frugal(self) -> Generator:
        """The same, that computes its layers again on the way back instead of keeping what they made."""


@runtime_checkable
class Growing(Protocol):
    """A generator that can carry its latent to another size of the picture."""

    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        """The latent of the same picture at another size, row by row. With ``slopes``, the parts are gradients, which are the
        smaller the more values have a share in a place. Linear in every part, and what is positive stays so.
        """


@runtime_checkable
class Noisy(Protocol):
    """A generator that says which parts of its latent are noise or directions: near a sphere, where the way from one to another leads."""

    noise: tuple[int, ...]


@runtime_checkable
class Steady(Protocol):
    """A generator or perceptor that does the same with every latent, or views, of one shape, asks nothing of the CPU on its way, and
    whose tensors stay where they are. Where ``steady`` is true it is recorded once on CUDA, and played from then on.
    """

    steady: bool


class Perceptor(Protocol):
    """Reads texts and looks at views, into one space."""

    size: int  # pixels along each side of a view
    dim: int
    share: tuple[float, float]  # smallest and largest part of the frame that it should be shown

    def read(self, texts: Sequence[str]) -> Tensor:
        """[N,dim], unit length."""

    def look(self, views: Tensor) -> Tensor:
        """[N,3,size,size] in 0..1 -> [N,dim], unit length, differentiable."""


@runtime_checkable
class Literate(Protocol):
    """A perceptor that says how it reads: longer texts come to it in parts, and words that it cannot know are told."""

    limit: int  # pieces of words that it reads at once; 0 where what is longer is to be cut
    multilingual: bool  # whether it was taught other languages than English

    def count(self, text: str) -> int:
        """How many pieces a text has."""

    def known(self) -> frozenset[str]:
        """Words that are one piece each, in lower case; empty where that cannot be told."""


@runtime_checkable
class Inward(Protocol):
    """A perceptor that can be looked into: its layers are parts of the torch module that looks, and are named as there."""

    tower: Any


@runtime_checkable
class Sure(Protocol):
    """A perceptor that says how sure it is: cosines times ``scale`` are the logits of its likenesses."""

    scale: float


class Cutter(Protocol):
    """Pictures to views of a perceptor's size."""

    @property
    def views(self) -> int:
        """How many of each picture."""

    @property
    def size(self) -> int:
        """Pixels along each side of a view."""

    def draw(self, rngs: Sequence[Rng], step: int, progress: float, height: int, width: int) -> Any:
        """Where the views of one step are cut, with ``boxes`` as ``Views`` has them, drawn on the CPU for each dream alone.

        ``progress`` grows from 0 to 1 while it paints.
        """

    def cut(self, images: Tensor, geometry: Any) -> Tensor:
        """[B,3,H,W] -> [B*V,3,size,size], dream after dream."""

    def disturb(self, views: Tensor, rngs: Sequence[Rng], step: int) -> Tensor:
        """What a camera would do to them."""


@dataclass(frozen=True)
class Views:
    """What one perceptor saw of the pictures: embeddings [B,V,D] and where each was cut.

    ``boxes`` [B,V,4] are centre x, centre y, width and height in parts of the frame (0..1; beyond it is mirrored).
    ``regions`` [V] numbers the region that each was cut from. ``beside`` [B,V,K,D] is what was seen in other pictures,
    K for each dream, under the same views.
    """

    embeddings: Tensor
    boxes: Tensor
    regions: Tensor
    beside: Tensor | None = None


Seen = Mapping[str, Views]  # by the perceptor's name


class Objective(Protocol):
    """How far pictures are from what was asked, per dream: [B], lower is better."""

    def __call__(self, images: Tensor, seen: Seen, step: int) -> Tensor:
        """``images`` [B,3,H,W] unclamped."""


@dataclass(frozen=True)
class Frame:
    """A copy of one dream's picture at one step; nothing that happens later changes it.

    ``pixels`` is uint8 [H,W,3] on the CPU, or [H,W,4] with an opacity; ``losses`` are the weighted terms by name and ``loss`` their sum;
    ``undone`` counts the poisoned steps (NaN, Inf) that were taken back so far; ``final`` marks the last frame,
    also of a dream that was stopped early, and ``ended`` one that was not; ``score`` is how sure the judge, who never
    guides, was last that the picture shows the words, 0..1 or None; ``curve`` comes with the last frame.
    """

    dream: Dream
    index: int
    step: int
    pixels: Tensor
    loss: float
    losses: Mapping[str, float]
    undone: int = 0
    final: bool = False
    ended: bool = False
    score: float | None = None
    curve: Curve | None = None

    @property
    def image(self) -> Image:
        """The picture as a Pillow image."""
        from PIL import Image

        return Image.fromarray(self.pixels.numpy())


class Observer(Protocol):
    """Somebody who is shown frames: a file writer, a progress bar, a web page."""

    def wants(self, step: int, steps: int) -> bool:
        """Whether to decode and show this step's pictures; the final frames come to everybody."""

    def show(self, frame: Frame) -> None: ...

    def close(self) -> None: ...
