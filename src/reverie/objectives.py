"""What a picture should be like: each objective gives one number per dream, lower is better.

Weights are in the unit of the objective itself: 1 of resemblance is half a squared radian of angle to the text, 1 of
the others is a mean square over pixels and channels in 0..1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from reverie.dream import Dream
from reverie.images import palette_of
from reverie.losses import colourfulness, off_palette, out_of_range, spherical, stop_below, total_variation
from reverie.types import Objective, Perceptor, Seen


@dataclass(frozen=True)
class Resemblance:
    """Mean spherical distance between what each perceptor saw and each dream's prompts, times their weights.

    ``targets`` [B,P,D] and ``weights`` [B,P] by perceptor, on the perceptors' device; dreams with fewer prompts are
    padded with weight 0.
    ``stops`` [B,P]: below its stop a prompt no longer pulls; a negative prompt no longer pushes beyond it.
    """

    targets: Mapping[str, Tensor]
    weights: Mapping[str, Tensor]
    stops: Tensor

    def __call__(self, images: Tensor, seen: Seen, step: int) -> Tensor:
        total = images.new_zeros(len(images))
        for name, views in seen.items():
            weights = self.weights[name]
            far = spherical(views.embeddings.unsqueeze(2).float(), self.targets[name].unsqueeze(1))
            pulled = stop_below(far * weights.sign().unsqueeze(1), self.stops.unsqueeze(1))
            total = total + (weights.abs() * pulled.mean(1)).sum(1)
        return total


def _of_images(measure: Callable[[Tensor], Tensor], weight: float) -> Objective:
    def objective(images: Tensor, seen: Seen, step: int) -> Tensor:
        return weight * measure(images)

    return objective


def near(pictures: Tensor, weight: float) -> Objective:
    """Mean squared distance to ``pictures`` [B,3,H,W], times ``weight``."""
    return lambda images, seen, step: weight * (images - pictures).square().flatten(1).mean(1)


def resemblance(dreams: Sequence[Dream], perceptors: Mapping[str, Perceptor]) -> Resemblance:
    """Read every dream's prompts once, with every perceptor; prompt weights are shares of the dream's own total.

    So that a prompt list does not pull harder for being longer, a dream's weights are divided by the sum of their
    magnitudes, and each perceptor's share by the sum of the ensemble's.
    """
    most = max(len(dream.prompts) for dream in dreams)
    texts = [prompt.text for dream in dreams for prompt in dream.prompts]
    unique = list(dict.fromkeys(texts))
    place = {text: i for i, text in enumerate(unique)}
    rows = torch.zeros(len(dreams), most, dtype=torch.long)
    weights, stops = torch.zeros(len(dreams), most), torch.full((len(dreams), most), -torch.inf)
    for i, dream in enumerate(dreams):
        whole = sum(abs(prompt.weight) for prompt in dream.prompts) or 1.0
        for k, prompt in enumerate(dream.prompts):
            rows[i, k], weights[i, k] = place[prompt.text], prompt.weight / whole
            stops[i, k] = -torch.inf if prompt.stop is None else prompt.stop
    total = sum(sight.weight for sight in dreams[0].perceptors)
    targets, shares = {}, {}
    for sight in dreams[0].perceptors:
        with torch.no_grad():
            read = perceptors[sight.name].read(unique).float()
        targets[sight.name] = read[rows.to(read.device)]
        shares[sight.name] = (weights * (sight.weight / total)).to(read.device)
    return Resemblance(targets, shares, stops.to(read.device))


def objectives(dreams: Sequence[Dream], perceptors: Mapping[str, Perceptor]) -> dict[str, Objective]:
    """All that these dreams ask for, by name. The dreams share a shape, so the picture terms' weights agree."""
    dream = dreams[0]
    wanted: dict[str, Objective] = {"resemblance": resemblance(dreams, perceptors)}
    for name, measure, weight in (
        ("tv", total_variation, dream.tv),
        ("range", out_of_range, dream.range),
        ("saturation", colourfulness, dream.saturation),
    ):
        if weight:
            wanted[name] = _of_images(measure, weight)
    if dream.palette and dream.palette_weight:
        colours = palette_of(dream.palette)
        wanted["palette"] = _of_images(lambda images: off_palette(images, colours.to(images.device)), dream.palette_weight)
    return wanted
