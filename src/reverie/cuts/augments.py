"""What the originals did to their views, by kornia, whose augmentations they used.

kornia draws from torch's own dice: these are loaded anew for each dream and step, and put back as they were, so that a
dream sees the same alone, among others and after a resume. All is drawn first, on the CPU, and then done to the views.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from reverie.cuts.jitter import Jitter
from reverie.errors import BadRequest, unknown
from reverie.losses import joined
from reverie.options.cutouts_notebook import LETTERS
from reverie.rng import Rng

Drawn = Mapping[str, Tensor]

# kornia's augmentations that do to each view what was drawn for it, whatever the others are; the rest draw for a whole batch.
TOGETHER = ("RandomAffine", "RandomHorizontalFlip", "RandomPerspective", "RandomRotation", "RandomSharpness")
INSTALL = "pip install 'reverie[augment]'"


class Augments:
    """A chain of augmentations by their letters, in that order; ``small`` is the milder set of the method ``nrupdated``."""

    def __init__(self, letters: Sequence[str], size: int, small: bool = False) -> None:
        self.chain = [_letter(letter, size, small) for letter in letters]

    def __call__(self, views: Tensor, rngs: Sequence[Rng], step: int) -> Tensor:
        """The views [B*V,3,size,size] of dreams at a step, dream after dream.

        A CPU does one dream after another, whose views it still has at hand from one augmentation to the next.
        """
        each = views.chunk(len(rngs))
        drawn = [self._drawn(rng, step, each[0].shape) for rng in rngs]
        if views.device.type == "cpu":
            return joined([self._done(mine, [one]) for mine, one in zip(each, drawn, strict=True)])
        return self._done(views, drawn)

    def _drawn(self, rng: Rng, step: int, shape: torch.Size) -> list[Drawn]:
        """What each augmentation draws for one dream's views."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(rng.key("augments", step))
            return [augment.forward_parameters(shape) for augment in self.chain]

    def _done(self, views: Tensor, drawn: Sequence[Sequence[Drawn]]) -> Tensor:
        """All augmentations to the views of the dreams for which these were drawn."""
        for augment, own in zip(self.chain, zip(*drawn, strict=True), strict=True):
            if type(augment).__name__ in TOGETHER:
                params = {name: torch.cat([one[name] for one in own]) for name in own[0]}
                views = augment(views, params=params | {"forward_input_shape": torch.tensor(views.shape)})
            else:
                views = joined([augment(mine, params=one) for mine, one in zip(views.chunk(len(own)), own, strict=True)])
        return views


class Fixed(Augments):
    """The chains of ``updated`` and ``updatedpooling``, whose numbers are no letters'."""

    def __init__(self, name: str) -> None:
        kornia = _kornia()
        if name == "updated":
            self.chain = [
                kornia.RandomHorizontalFlip(p=0.5),
                Jitter(kornia.ColorJitter(hue=0.01, saturation=0.01, p=0.7)),
                kornia.RandomSharpness(0.3, p=0.4),
                kornia.RandomAffine(degrees=30, translate=0.1, p=0.8, padding_mode="border"),
                kornia.RandomPerspective(0.2, p=0.4),
            ]
        else:
            self.chain = [
                kornia.RandomAffine(degrees=15, translate=0.1, p=0.7, padding_mode="border"),
                kornia.RandomPerspective(0.7, p=0.7),
                Jitter(kornia.ColorJitter(hue=0.1, saturation=0.1, p=0.7)),
                kornia.RandomErasing((0.1, 0.4), (0.3, 1 / 0.3), same_on_batch=True, p=0.7),
            ]


def letters(text: str) -> tuple[str, ...]:
    """``Af Pe Ji Er`` or ``AfPeJiEr`` taken apart; raises ``BadRequest`` for what is no augmentation's letters."""
    joined = text.replace(" ", "").replace(",", "")
    found = tuple(joined[i : i + 2] for i in range(0, len(joined), 2))
    for one in found:
        if one not in LETTERS:
            raise unknown("augmentation", one, LETTERS)
    return found


def _letter(letter: str, size: int, small: bool) -> Any:
    """VQGAN-CLIP's numbers, and EleutherAI's ``Hf``; ``nrupdated`` tilts less, turns more. A single ``translate``
    moves views up and down alone."""
    kornia = _kornia()
    made: Mapping[str, Callable[[], Any]] = {
        "Ji": lambda: Jitter(kornia.ColorJitter(brightness=0.1, contrast=0.1, saturation=0.1, hue=0.1, p=0.7)),
        "Sh": lambda: kornia.RandomSharpness(sharpness=0.3, p=0.5),
        "Gn": lambda: kornia.RandomGaussianNoise(mean=0.0, std=1.0, p=0.5),
        "Pe": lambda: kornia.RandomPerspective(distortion_scale=0.5 if small else 0.7, p=0.7),
        "Ro": lambda: kornia.RandomRotation(degrees=15, p=0.7),
        "Af": lambda: kornia.RandomAffine(degrees=30 if small else 15, translate=0.1, shear=5, p=0.7, padding_mode="zeros", keepdim=True),
        "Et": lambda: kornia.RandomElasticTransform(p=0.7),
        "Ts": lambda: kornia.RandomThinPlateSpline(scale=0.8, same_on_batch=True, p=0.7),
        "Cr": lambda: kornia.RandomCrop(size=(size, size), pad_if_needed=True, padding_mode="reflect", p=0.5),
        "Er": lambda: kornia.RandomErasing(scale=(0.1, 0.4), ratio=(0.3, 1 / 0.3), same_on_batch=True, p=0.7),
        "Re": lambda: kornia.RandomResizedCrop(size=(size, size), scale=(0.1, 1), ratio=(0.75, 1.333), cropping_mode="resample", p=0.5),
        "Hf": lambda: kornia.RandomHorizontalFlip(p=0.5),
    }
    return made[letter]()


def _kornia() -> Any:
    try:
        import kornia.augmentation
    except ImportError as error:
        raise BadRequest(
            f"The augmentations of the originals' views need kornia: {INSTALL}. Without: --cutouts original or warp."
        ) from error
    return kornia.augmentation
