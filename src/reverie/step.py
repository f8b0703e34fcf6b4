"""One optimisation step: decode, cut, look, score, and the gradient back to the latent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from reverie.anchors import Anchor
from reverie.generators.frugal import frugal
from reverie.grounds import chance_grounds, over, premultiplied
from reverie.losses import clamp_with_grad, joined, mirrored
from reverie.memory import Portions
from reverie.recording import Recorder
from reverie.regions import Region
from reverie.rng import Rng
from reverie.transfer import exact_place, sent
from reverie.types import Cutter, Drawing, Generator, Latent, Objective, Perceptor, Steady, Views


@dataclass(frozen=True)
class Fixed:
    """What is not painted: ``pictures`` [B,3,H,W] show through where ``mask`` [B,1,H,W] is below 1, and untouched where it is 0."""

    pictures: Tensor
    mask: Tensor

    def under(self, images: Tensor) -> Tensor:
        return torch.where(self.mask > 0, self.pictures + self.mask * (images - self.pictures), self.pictures)


@dataclass(frozen=True)
class Cutters:
    """A cutter for every step: of ``first`` views at the start of a painting, evenly more up to ``last`` at its end."""

    made: Callable[[int], Cutter]
    first: int
    last: int

    @property
    def views(self) -> int:
        """At most."""
        return max(self.first, self.last)

    @property
    def size(self) -> int:
        return self.made(self.last).size

    def __call__(self, progress: float) -> Cutter:
        return self.made(round(self.first + (self.last - self.first) * progress))


@dataclass(frozen=True)
class Engine:
    """Everything that a batch of dreams is painted with; nothing in it changes while painting."""

    generator: Generator
    perceptors: Mapping[str, Perceptor]
    cutters: Mapping[str, Cutter | Cutters]
    objectives: Mapping[str, Objective]
    rngs: Sequence[Rng]
    autocast: torch.autocast
    portions: Portions
    symmetry: str = "none"
    fixed: Fixed | None = None
    regions: Sequence[Region] = ()  # that are looked at, each with as many views; none is the whole picture
    beside: Tensor | None = None  # [K,B,3,H,W], pictures that are looked at under the same views
    anchor: Anchor | None = None  # what the latent itself is held to
    recorder: Recorder = field(default_factory=Recorder)

    def halved(self) -> Engine | None:
        """The same that works on half as much at once; None where there is nothing to halve."""
        views = max((cutter.views for cutter in self.cutters.values()), default=1)
        dreams = len(self.rngs)
        portions = self.portions.halved(dreams * max(1, len(self.regions)) * views, dreams)
        return self.within(portions) if portions else None

    def within(self, portions: Portions) -> Engine:
        """The same that works on so much at once."""
        sparing = portions.frugal and not self.portions.frugal
        return replace(self, portions=portions, generator=frugal(self.generator) if sparing else self.generator)

    def recorded(self, name: str, component: object, run: Callable[..., Tensor], *given: Tensor) -> Tensor:
        """``run(*given)``, which ``component`` does; recorded and played where it is steady, memory is not short, views do not grow
        more from step to step, and pictures are scaled where they are.
        """
        growing, place = isinstance(self.cutters.get(name), Cutters), given[0].device
        changing = growing or self.portions.frugal or exact_place(place) != place
        steady = isinstance(component, Steady) and component.steady and not changing
        return self.recorder(name, run, *given) if steady else run(*given)

    def cutter(self, name: str, progress: float) -> Cutter:
        """Of one perceptor's views at a step, where ``progress`` of 0 to 1 is painted."""
        found = self.cutters[name]
        return found(progress) if isinstance(found, Cutters) else found


@dataclass(frozen=True)
class Score:
    """The decoded pictures [B,3 or 4,H,W], unclamped, and each objective's weighted loss per dream [B]."""

    images: Tensor
    terms: Mapping[str, Tensor]

    @property
    def loss(self) -> Tensor:
        return torch.stack(list(self.terms.values())).sum(0)


def decode(engine: Engine, latent: Latent, drawn_at: int | None = None) -> Tensor:
    """The pictures as they are shown, [B,3,H,W]; or, where the generator draws, what it draws at this step."""
    return _shown(engine, _painted(engine, latent, drawn_at))


def _painted(engine: Engine, latent: Latent, drawn_at: int | None) -> Tensor:
    return torch.cat([_some(engine, latent, rows, drawn_at) for rows in engine.portions.rows(len(latent.parts[0]))])


def _some(engine: Engine, latent: Latent, rows: slice, drawn_at: int | None) -> Tensor:
    """What the generator makes of some of the dreams."""
    generator, latent = engine.generator, replace(latent, parts=tuple(part[rows] for part in latent.parts))
    if drawn_at is not None and isinstance(generator, Drawing):
        with engine.autocast:
            return generator.draw(latent, engine.rngs[rows], drawn_at).float()

    def painted(*parts: Tensor) -> Tensor:
        with engine.autocast:
            return generator(replace(latent, parts=parts)).float()

    return engine.recorded(f"generator {latent.height}x{latent.width}", generator, painted, *latent.parts)


def _shown(engine: Engine, painted: Tensor) -> Tensor:
    images = mirrored(painted, engine.symmetry)
    return engine.fixed.under(images) if engine.fixed else images


def differentiate(engine: Engine, latent: Latent, step: int, progress: float) -> Score:
    """Score the pictures and leave the gradient of the summed losses in ``latent.parts[i].grad``.

    The pictures' gradient is gathered first and goes through the generator once, however many chunks the views took. Where
    not all dreams are decoded together they are decoded a second time for it, since none was kept.
    """
    apart = engine.portions.dreams < len(latent.parts[0])
    with torch.set_grad_enabled(not apart):
        painted = _painted(engine, latent, step)
    images = _shown(engine, painted.requires_grad_() if apart else painted)
    picture = images.detach().requires_grad_()
    # Each look clamps for itself: backward frees what it has passed, and looks in chunks pass later than others.
    looks = {name: _Look(engine, name, clamp_with_grad(picture), step, progress) for name in engine.perceptors}
    seen = {name: look.views for name, look in looks.items()}
    terms = {name: objective(picture, seen, step) for name, objective in engine.objectives.items()}
    torch.stack(list(terms.values())).sum().backward()
    replayed = [look.replay() for look in looks.values() if look.cached and look.embeddings.grad is not None]
    if replayed:
        torch.stack([_along(views, grad) for views, grad in replayed]).sum().backward()
    assert picture.grad is not None
    own = {"prior": engine.generator.prior(latent), "init": engine.anchor(latent, step) if engine.anchor else None}
    found = {name: term for name, term in own.items() if term is not None}
    torch.stack([_along(images, picture.grad), *(term.sum() for term in found.values())]).sum().backward()
    if apart:
        assert painted.grad is not None
        for rows in engine.portions.rows(len(painted)):
            _along(_some(engine, latent, rows, step), painted.grad[rows]).backward()
    terms |= found
    if isinstance(engine.generator, Drawing):  # what is shown and judged is the likeliest picture, not one of the draws
        with torch.no_grad():
            images = decode(engine, latent)
    return Score(images.detach(), {name: term.detach() for name, term in terms.items()})


def _along(found: Tensor, grad: Tensor) -> Tensor:
    """A number with this gradient at ``found``: ``found.backward(grad)`` would import sympy first, which takes a second."""
    return (found * grad).sum()


class _Look:
    """One perceptor's look at all views, in one go or in chunks by gradient caching (Gao et al. 2021, arXiv 2101.06983).

    In chunks, embeddings are first computed without a graph; once the objectives have given each embedding its
    gradient, every chunk is looked at again and that gradient sent through it. Exact for every objective.
    """

    def __init__(self, engine: Engine, name: str, visible: Tensor, step: int, progress: float) -> None:
        self.engine, self.name, self.perceptor = engine, name, engine.perceptors[name]
        cutter, (height, width) = engine.cutter(name, progress), visible.shape[-2:]
        regions = engine.regions or (Region(0, 0, height, width),)
        geometries = [cutter.draw(engine.rngs, step, progress, region.height, region.width) for region in regions]

        def views(images: Tensor) -> Tensor:
            """[B*R*V,3,size,size]: each region under its own geometry, dream after dream."""
            images = images.to(exact_place(visible.device))
            cut = [cutter.cut(region.of(images), geometry) for region, geometry in zip(regions, geometries, strict=True)]
            if images.shape[1] == 4:
                grounds = sent(chance_grounds(engine.rngs, step, cutter.views, cutter.size), images.device)
                cut = [over(one, grounds) for one in cut]
            seen = [cutter.disturb(one, engine.rngs, step).unflatten(0, (len(engine.rngs), -1)) for one in cut]
            return joined(seen, 1).flatten(0, 1).to(visible.device)

        cut = views(premultiplied(visible) if visible.shape[1] == 4 else visible)
        self.cached = len(cut) > engine.portions.views
        if self.cached:
            self.source, self.cut = cut, cut.detach()
            with torch.no_grad():
                self.embeddings = self._portions(self.cut).requires_grad_()
        else:
            self.embeddings = self._look(cut)
        shape = (len(engine.rngs), len(regions) * cutter.views, -1)
        placed = [region.boxes(geometry.boxes, height, width) for region, geometry in zip(regions, geometries, strict=True)]
        numbers = torch.arange(len(regions), device=visible.device).repeat_interleave(cutter.views)
        beside = None
        if engine.beside is not None:
            with torch.no_grad():
                others = [self._portions(views(one)).view(shape) for one in engine.beside]
            beside = torch.stack(others, 2)
        self.views = Views(self.embeddings.view(shape), sent(torch.cat(placed, 1), visible.device), numbers, beside)

    def _portions(self, views: Tensor) -> Tensor:
        return torch.cat([self._look(piece) for piece in views.split(self.engine.portions.views)])

    def _look(self, views: Tensor) -> Tensor:
        engine, perceptor = self.engine, self.perceptor

        def looked(views: Tensor) -> Tensor:
            with engine.autocast:
                return perceptor.look(views).float()

        return engine.recorded(self.name, perceptor, looked, views)

    def replay(self) -> tuple[Tensor, Tensor]:
        """The cut views, and the gradient of the loss with respect to them."""
        assert self.embeddings.grad is not None
        grads = []
        count = self.engine.portions.views
        for piece, grad in zip(self.cut.split(count), self.embeddings.grad.split(count), strict=True):
            piece = piece.requires_grad_()
            _along(self._look(piece), grad).backward()
            assert piece.grad is not None
            grads.append(piece.grad)
        return self.source, torch.cat(grads)
