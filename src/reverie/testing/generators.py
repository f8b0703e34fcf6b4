"""The rules for generators."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from reverie.errors import BadRequest, Unsupported
from reverie.rng import Rng
from reverie.testing.rules import alike, apart, downhill, gradients, has, made, numbers, require, silence, untaught
from reverie.types import Chooser, Drawing, Generator, Growing, Latent

RNGS = (Rng(1), Rng(2), Rng(3))
Size = tuple[int, int]  # width, height


def check_generator(
    component: str | ModuleType | Generator,
    size: Size = (64, 48),
    options: Mapping[str, Any] | None = None,
    near: float | None = 0.2,
) -> None:
    """Raise ``AssertionError`` for the first rule that a generator breaks; it is made on the CPU.

    ``size`` is (width, height) of a picture that it can paint; ``near`` how far on average, of 0..1, a smooth picture may be from
    what its latent paints (None where that says nothing, as with untrained weights).
    """
    with silence():
        generator: Generator = made("generator", component, options or {})
        has(generator, "A generator", "check", "start", "__call__", "project", "prior", "encode")
        rate = getattr(generator, "rate", None)
        sound = isinstance(rate, (int, float)) and isfinite(rate) and rate > 0
        require(sound, "A generator has a `rate`: Adam's step size that suits its latent.", repr(rate))
        width, height = size
        _sizes(generator, height, width)
        _start(generator, height, width)
        _memory(generator, height, width)
        _draws(generator, height, width)
        _rows(generator, height, width)
        _bounds(generator, height, width)
        _encodes(generator, height, width, near)
        _learns(generator, height, width)
        _grows(generator, height, width)
        untaught(generator)


def smooth(count: int, height: int, width: int) -> Tensor:
    """[count,3,H,W] in 0..1, all alike and free of detail, so that every generator can come near."""
    y, x = torch.meshgrid(torch.linspace(0.2, 0.8, height), torch.linspace(0.1, 0.9, width), indexing="ij")
    return torch.stack((x, y, 1 - x)).expand(count, 3, height, width).clone()


def _leaves(latent: Latent) -> Latent:
    return Latent(tuple(part.detach().clone().requires_grad_() for part in latent.parts), latent.height, latent.width)


def _row(latent: Latent, row: int) -> Latent:
    return Latent(tuple(part[row : row + 1] for part in latent.parts), latent.height, latent.width)


def _sizes(generator: Generator, height: int, width: int) -> None:
    try:
        generator.check(height, width)
    except BadRequest as error:
        require(False, "`size` is one that the generator can paint: give check_generator another.", str(error))
    for high, wide in ((height, width), (height + 1, width + 3), (3, width), (1, 1)):
        rule = f"`check` lets {wide}x{high} be painted, or raises BadRequest that names sizes which can (as 64x48)."
        try:
            generator.check(high, wide)
        except BadRequest as error:
            named = {found for found in re.findall(r"\d+x\d+", str(error)) if found != f"{wide}x{high}"}
            require(bool(named), rule, str(error))
            continue
        except Exception as error:
            raise AssertionError(f"{rule}\n  Seen: {type(error).__name__}: {error}.") from error
        latent = generator.start(RNGS[:1], high, wide)
        with torch.no_grad():
            numbers(generator(latent), (1, 3, high, wide), f"A picture of {wide}x{high}")


def _start(generator: Generator, height: int, width: int) -> None:
    latent, again = generator.start(RNGS, height, width), generator.start(RNGS, height, width)
    told = (latent.height, latent.width)
    require(told == (height, width), "A latent tells the size of its picture: `height`, `width`.", f"{told} for {(height, width)}")
    require(bool(latent.parts), "A latent has a part or more to optimise.", "there is none")
    for i, (part, same) in enumerate(zip(latent.parts, again.parts, strict=True)):
        seen = f"part {i} is {list(part.shape)} of {part.dtype}"
        require(len(part) == len(RNGS) and part.dtype == torch.float32, "Every part of a latent is float32 and leads with B.", seen)
        require(torch.equal(part, same), "A start follows from its Rng alone.", f"part {i} differs when it is drawn again")
    alone = generator.start(RNGS[1:2], height, width)
    unmixed = all(torch.equal(part[1:2], own) for part, own in zip(latent.parts, alone.parts, strict=True))
    require(unmixed, "A dream starts among others as it does alone: each row is drawn from its own Rng.", "the second row differs")
    differ = any(not torch.equal(part[0], part[1]) for part in latent.parts)
    require(differ, "Other seeds give other starts.", "two seeds gave the same latent")
    if isinstance(generator, Chooser):
        choices, again = generator.choices(Rng(1), height, width), generator.choices(Rng(1), height, width)
        settled = all(torch.equal(part, own) for part, own in zip(choices.parts, again.parts, strict=True))
        require(settled, "`choices` follow from their Rng alone.", "they differ when they are drawn again")
        with torch.no_grad():
            numbers(generator(_row(choices, 0)), (1, 3, height, width), "The picture of a choice")


def _searched(generator: Generator, latent: Latent, rngs: Sequence[Rng], step: int = 0) -> Tensor:
    """What a step looks at: a draw, where the generator makes some."""
    return generator.draw(latent, rngs, step) if isinstance(generator, Drawing) else generator(latent)


def _draws(generator: Generator, height: int, width: int) -> None:
    if isinstance(generator, Drawing):
        latent = generator.start(RNGS, height, width)
        with torch.no_grad():
            first, again, later = (generator.draw(latent, RNGS, step) for step in (0, 0, 1))
        require(torch.equal(first, again), "A draw follows from Rng and step alone.", "it differs when it is drawn again")
        require(not torch.equal(first, later), "Every step draws anew.", "two steps drew the same")


@torch.no_grad()
def _grows(generator: Generator, height: int, width: int) -> None:
    if isinstance(generator, Growing):
        latent = generator.start(RNGS, height, width)
        large = generator.grown(latent, 2 * height, 2 * width)
        numbers(generator(large), (len(RNGS), 3, 2 * height, 2 * width), "The picture of a latent that `grown` carried to another size")
        for slopes in (False, True):
            parts = generator.grown(latent, 2 * height, 2 * width, slopes).parts
            alone = generator.grown(_row(latent, 1), 2 * height, 2 * width, slopes).parts
            for part, own in zip(parts, alone, strict=True):
                alike(part[1:2], own, "A row is carried among others as it is alone.")
        ones = replace(latent, parts=tuple(torch.ones_like(part) for part in latent.parts))
        positive = all(bool((part >= 0).all()) for part in generator.grown(ones, 2 * height, 2 * width, slopes=True).parts)
        require(positive, "What is positive stays so when it is carried: squares of gradients are.", "a part was negative")


def _rows(generator: Generator, height: int, width: int) -> None:
    latent = _leaves(generator.start(RNGS, height, width))
    images = _searched(generator, latent, RNGS)
    numbers(images, (len(RNGS), 3, height, width), "What a generator paints")
    require(not torch.equal(images[0], images[1]), "Other latents paint other pictures.", "two rows are the same")
    error = (images[1] - smooth(1, height, width)[0]).square().sum()
    rule = "The picture is differentiable with respect to every part of the latent: finite, and not zero everywhere."
    apart(gradients(error, {f"part {i}": part for i, part in enumerate(latent.parts)}, rule), 1)
    with torch.no_grad():
        alike(_searched(generator, _row(latent, 1), RNGS[1:2]), images[1:2], "A row is painted among others as it is alone.")
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = generator(latent).float()
        numbers(found, (len(RNGS), 3, height, width), "What a generator paints under bf16 autocast")


@torch.no_grad()
def _memory(generator: Generator, height: int, width: int) -> None:
    latent = generator.start(RNGS, height, width)
    before = [part.clone() for part in latent.parts]
    first = generator(latent)
    generator(generator.start([Rng(7)], height, width))
    same = all(torch.equal(part, kept) for part, kept in zip(latent.parts, before, strict=True))
    require(same, "Painting leaves the latent as it is; `project` is what may change it.", "a part was changed")
    require(torch.equal(generator(latent), first), "The same latent paints the same picture, whatever was painted between.", "it differs")


def _bounds(generator: Generator, height: int, width: int) -> None:
    latent = _leaves(generator.start(RNGS, height, width))
    with torch.no_grad():
        for part in latent.parts:
            part.add_(10 * generator.rate * Rng(5).normal(tuple(part.shape), "moved"))
        given = generator.project(latent)  # type: ignore[func-returns-value]
        require(given is None, "`project` changes the latent in place and returns nothing.", f"it returned {type(given).__name__}")
        once = [part.clone() for part in latent.parts]
        generator.project(latent)
        for i, (part, kept) in enumerate(zip(latent.parts, once, strict=True)):
            rule = "`project` is idempotent: what is where it may be stays there."
            require(torch.allclose(part, kept, atol=1e-5), rule, f"part {i} moved again")
        numbers(generator(latent), (len(RNGS), 3, height, width), "What is painted after `project`")
    prior = generator.prior(latent)
    if prior is not None:
        numbers(prior, (len(RNGS),), "`prior` is None or")
        require(prior.requires_grad, "`prior` is differentiable: it is a loss.", "it has no gradient")


def _encodes(generator: Generator, height: int, width: int, near: float | None) -> None:
    image = smooth(2, height, width)
    try:
        latent = generator.encode(image)
    except Unsupported as error:
        require(bool(str(error)), "Unsupported says what cannot be done and what can.", "it says nothing")
        try:
            generator.start(RNGS[:2], height, width, image)
        except Unsupported:
            return
        raise AssertionError("A generator that cannot encode a picture cannot start from one: `start` raises Unsupported, too.") from None
    require((latent.height, latent.width) == (height, width), "An encoded picture has its own size.", f"{latent.width}x{latent.height}")
    started = generator.start(RNGS[:2], height, width, image)
    for found in (latent, started):
        with torch.no_grad():
            again = generator(found)
        numbers(again, (2, 3, height, width), "The picture of an encoded picture")
        if near is not None:
            alike(again, image, "An encoded picture paints nearly the same picture.", near)
    for shade in (0.0, 1.0):
        parts = generator.encode(torch.full((1, 3, height, width), shade)).parts
        require(all(bool(part.isfinite().all()) for part in parts), "Black and white can be encoded.", "a latent that is not finite")


def _learns(generator: Generator, height: int, width: int) -> None:
    latent, wanted = _leaves(generator.start(RNGS, height, width)), smooth(3, height, width)
    losses = downhill(
        latent.parts,
        generator.rate,
        lambda: (_searched(generator, latent, RNGS) - wanted).square().mean((1, 2, 3)),
        lambda: generator.project(latent),
    )
    seen = f"mean squared distances went from {losses[0].tolist()} to {losses[-1].tolist()}"
    better = bool((losses[1:].amin(0) < losses[0]).all())
    require(better, "At its own rate, a generator comes nearer to a picture within 20 steps.", seen)
