"""From one finished dream to another of the same generator: every latent on the way between them is a picture too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from reverie import registry
from reverie.build import Kept, finished, never
from reverie.errors import BadRequest
from reverie.recipe import Recipe
from reverie.stages import along
from reverie.step import decode
from reverie.types import Latent, Noisy

if TYPE_CHECKING:
    from PIL.Image import Image

SAME = ("generator", "size", "tile", "symmetry")
NEARLY = 1e-4  # radians; between directions as near to each other, or to opposite, the way is straight


def check(one: Recipe, other: Recipe) -> None:
    """Raise ``BadRequest`` that names what differs where there is no way from one dream's latent to the other's."""
    a, b = (recipe.stages()[-1][0] for recipe in (one, other))
    for name in SAME:
        if getattr(a, name) != getattr(b, name):
            said = ["x".join(map(str, value)) if name == "size" else str(value) for value in (getattr(a, name), getattr(b, name))]
            raise BadRequest(f"There is no way from {said[0]} to {said[1]}: both pictures need the same {name}. Paint one of them again.")
    if registry.given("generator", a.generator, a.options) != registry.given("generator", b.generator, b.options):
        raise BadRequest(
            f"The two were painted by {a.generator} with other options (`reverie show` tells which): their latents do not meet."
        )
    if a.mask or b.mask:
        raise BadRequest("A picture that was painted under a mask shows part of another, of which there is no latent to begin from.")


def morph(one: Recipe, other: Recipe, count: int, device: str = "auto", should_stop: Callable[[], bool] = never) -> Iterator[Image]:
    """``count`` pictures from the first dream's final one to the second's, both painted again, at an even pace that starts and
    ends softly. Stops early, with what there is, when ``should_stop``. Raises ``BadRequest`` as ``check`` does.
    """
    from PIL import Image

    check(one, other)
    left = [_left(recipe, device, should_stop) for recipe in (one, other)]
    if should_stop():
        return
    (made, first), (_, last) = finished(one, left[0]), finished(other, left[1])
    noise = made.generator.noise if isinstance(made.generator, Noisy) else ()
    for number in range(count):
        if should_stop():
            return
        share = (1 - math.cos(math.pi * number / max(1, count - 1))) / 2
        with torch.no_grad():
            images = decode(made, between(first, last, share, noise))
        pixels = (images[0].nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
        yield Image.fromarray(pixels.permute(1, 2, 0).contiguous().cpu().numpy())


def _left(recipe: Recipe, device: str, should_stop: Callable[[], bool]) -> Kept:
    """Where a painting was left; nothing is shown on the way there."""
    way = along(recipe, None, should_stop, device)
    while True:
        try:
            next(way)
        except StopIteration as end:
            left: Kept = end.value
            return left


def between(first: Latent, last: Latent, share: float, noise: tuple[int, ...] = ()) -> Latent:
    """The latent at ``share`` (0..1) of the way: along the sphere in the parts that are ``noise``, straight in the others.

    In high dimensions noise lies near a sphere, and the middle of a straight way is nearer to zero than any that the generator
    was trained on (White 2016, arXiv 1609.04468).
    """
    parts = [
        (round_ if i in noise else torch.lerp)(a.detach(), b.detach(), share)
        for i, (a, b) in enumerate(zip(first.parts, last.parts, strict=True))
    ]
    return replace(first, parts=tuple(parts))


def round_(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Along the great circle between the directions of the last dimension, while the lengths change evenly; [..., D]."""
    long_a, long_b = (value.norm(dim=-1, keepdim=True) for value in (a, b))
    to_a, to_b = a / long_a.clamp_min(1e-12), b / long_b.clamp_min(1e-12)
    angle = 2 * torch.atan2((to_a - to_b).norm(dim=-1, keepdim=True), (to_a + to_b).norm(dim=-1, keepdim=True))
    straight = (angle < NEARLY) | (angle > math.pi - NEARLY)
    sine = torch.where(straight, 1.0, angle.sin())
    curved = (((1 - share) * angle).sin() * to_a + (share * angle).sin() * to_b) / sine
    return torch.where(straight, a.lerp(b, share), curved * long_a.lerp(long_b, share))
