"""What a picture should be like: each objective gives one number per dream, lower is better.

Weights are in the unit of the objective itself: 1 of resemblance is half a squared radian of angle to the text, 1 of
the others is a mean square over pixels and channels in 0..1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie import reading, registry
from reverie.dream import Dream
from reverie.errors import Failed
from reverie.images import palette_of
from reverie.losses import colourfulness, off_palette, out_of_range, spherical, stop_below, total_variation, undecided
from reverie.options.resemblance import Options
from reverie.reading import wish
from reverie.transfer import sent
from reverie.types import Objective, Perceptor, Seen, Views


@dataclass(frozen=True)
class Resemblance:
    """Mean distance between what each perceptor saw and each dream's prompts, times their weights.

    ``targets`` [B,P,D] and ``weights`` [B,P] by perceptor, on the perceptors' device; dreams with fewer prompts are
    padded with weight 0.
    ``stops`` [B,P]: below its stop a prompt no longer pulls; a negative prompt no longer pushes beyond it.
    ``regions`` [B,P] numbers the region whose views a prompt is compared with; ``pictures`` [B,P] the picture beside the
    painting that stands for the prompt, -1 where its target does.
    """

    targets: Mapping[str, Tensor]
    weights: Mapping[str, Tensor]
    stops: Tensor
    regions: Tensor
    pictures: Tensor
    options: Options = Options()

    def __call__(self, images: Tensor, seen: Seen, step: int) -> Tensor:
        total = images.new_zeros(len(images))
        for name, views in seen.items():
            weights, wanted, found = self.weights[name], self._wanted(name, views), views.embeddings.unsqueeze(2).float()
            inside = (views.regions.view(1, -1, 1) == self.regions.unsqueeze(1)).float()
            mean = _mean(self._pulled(found, wanted, weights), inside)
            if self.options.together:
                size = self.options.group or inside.shape[1]
                shares = inside.unflatten(1, (-1, size))
                at_once, meant = (
                    _direction(x.expand(-1, inside.shape[1], -1, -1).unflatten(1, (-1, size)), shares) for x in (found, wanted)
                )
                several = _mean(self._pulled(at_once, meant, weights), shares.amax(2))
                mean = torch.lerp(mean, several, self.options.together)
            total = total + (weights.abs() * mean).sum(1)
        return total

    def _far(self, seen: Tensor, wanted: Tensor) -> Tensor:
        """How far unit vectors are apart, over the last dimension."""
        angle = self.options.measure == "angle"
        return self.options.scale * (spherical(seen, wanted) if angle else -(seen * wanted).sum(-1))

    def _pulled(self, seen: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
        """[B,...,P]: how far each prompt is, negative for those to be avoided, without a gradient where it is stopped."""
        return stop_below(self._far(seen, wanted) * weights.sign().unsqueeze(1), self.stops.unsqueeze(1))

    def _wanted(self, name: str, views: Views) -> Tensor:
        """[B,1 or V,P,D]: what each view should be like."""
        said = self.targets[name].unsqueeze(1)
        if views.beside is None:
            return said
        places = self.pictures.clamp_min(0)[:, None, :, None].expand(-1, views.beside.shape[1], -1, views.beside.shape[3])
        return torch.where((self.pictures >= 0)[:, None, :, None], views.beside.gather(2, places).float(), said)


def _mean(values: Tensor, shares: Tensor) -> Tensor:
    """[B,N,P] -> [B,P]: over those that count."""
    return (values * shares).sum(1) / shares.sum(1).clamp_min(1)


def _direction(vectors: Tensor, shares: Tensor) -> Tensor:
    """[B,G,N,P or 1,D] -> [B,G,P,D]: where the vectors of each group that count point together."""
    return F.normalize((vectors * shares.unsqueeze(-1)).sum(2), dim=-1)


def _of_images(measure: Callable[[Tensor], Tensor], weight: float) -> Objective:
    def objective(images: Tensor, seen: Seen, step: int) -> Tensor:
        return weight * measure(images[:, :3])

    return objective


def weighed(objective: Objective, name: str, weight: float) -> Objective:
    """Another package's objective, times its weight; raises ``Failed`` when it gives anything but a number per dream."""

    def checked(images: Tensor, seen: Seen, step: int) -> Tensor:
        found = objective(images[:, :3], seen, step)
        if not isinstance(found, Tensor) or found.shape != (len(images),):
            given = f"a tensor of shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
            raise Failed(f"The objective {name!r} gave {given} for {len(images)} pictures: it has to give one number for each.")
        return weight * found.float()

    return checked


def near(pictures: Tensor, weight: float) -> Objective:
    """Mean squared distance to ``pictures`` [B,3,H,W], times ``weight``."""
    return lambda images, seen, step: weight * (images - pictures).square().flatten(1).mean(1)


def resemblance(dreams: Sequence[Dream], perceptors: Mapping[str, Perceptor]) -> Resemblance:
    """Read every dream's prompts once, with every perceptor; prompt weights are shares of the dream's own total.

    So that a prompt list does not pull harder for being longer, a dream's weights are divided by the sum of their
    magnitudes, unless its options say otherwise, and each perceptor's share by the sum of the ensemble's.
    """
    options = registry.parse_options(Options, "resemblance", dreams[0].options.get("resemblance", {}))
    most = max(len(dream.prompts) for dream in dreams)
    unique = list(dict.fromkeys(wish(dream, prompt) for dream in dreams for prompt in dream.prompts))
    place = {asked: i for i, asked in enumerate(unique)}
    rows, regions = torch.zeros(len(dreams), most, dtype=torch.long), torch.zeros(len(dreams), most, dtype=torch.long)
    pictures, looked = torch.full((len(dreams), most), -1), dreams[0].regions
    weights, stops = torch.zeros(len(dreams), most), torch.full((len(dreams), most), -torch.inf)
    for i, dream in enumerate(dreams):
        numbers = count()
        whole = (sum(abs(prompt.weight) for prompt in dream.prompts) or 1.0) if options.weights == "shares" else 1.0
        for k, prompt in enumerate(dream.prompts):
            rows[i, k], weights[i, k] = place[wish(dream, prompt)], prompt.weight / whole
            regions[i, k] = looked.index(prompt.region)
            pictures[i, k] = next(numbers) if prompt.kind == "picture" else -1
            stops[i, k] = -torch.inf if prompt.stop is None else prompt.stop
    total = sum(sight.weight for sight in dreams[0].perceptors)
    targets, shares = {}, {}
    for sight in dreams[0].perceptors:
        with torch.no_grad():
            read = reading.targets(unique, perceptors[sight.name])
        targets[sight.name] = read[rows.to(read.device)]
        shares[sight.name] = (weights * (sight.weight / total)).to(read.device)
    stops, regions, pictures = (tensor.to(read.device) for tensor in (stops, regions, pictures))
    return Resemblance(targets, shares, stops, regions, pictures, options)


def objectives(dreams: Sequence[Dream], perceptors: Mapping[str, Perceptor]) -> dict[str, Objective]:
    """All that these dreams ask for, by name. The dreams share a shape, so the picture terms' weights agree."""
    dream = dreams[0]
    wanted: dict[str, Objective] = {"resemblance": resemblance(dreams, perceptors)} if any(one.prompts for one in dreams) else {}
    for name, measure, weight in (
        ("tv", total_variation, dream.tv),
        ("range", out_of_range, dream.range),
        ("saturation", colourfulness, dream.saturation),
    ):
        if weight:
            wanted[name] = _of_images(measure, weight)
    if dream.transparent and dream.opacity:
        wanted["opacity"] = lambda images, seen, step: dream.opacity * undecided(images[:, 3:])
    if dream.palette and dream.palette_weight:
        colours = palette_of(dream.palette)
        wanted["palette"] = _of_images(lambda images: off_palette(images, sent(colours, images.device)), dream.palette_weight)
    return wanted
