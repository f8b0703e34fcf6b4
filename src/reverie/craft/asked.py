"""Who is asked how well pictures fit texts: the guides that painted them, and the judge, who did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from PIL.Image import Image
from torch import Tensor

from reverie import build
from reverie.begin import judge_eye
from reverie.dream import Dream
from reverie.images import to_tensor
from reverie.perceptors.eyes import GuideEye
from reverie.types import Perceptor

JUDGE, GUIDE = "judge", "guide"
Own = Callable[[Tensor, Sequence[str]], Tensor]


def eyes(dream: Dream, device: torch.device) -> dict[str, Own]:
    """Those that look at pictures [N,3,H,W] in 0..1 and say [N] how well each fits its own text.

    The judge says how sure it is, 0..1, and NaN where it knows none of the words; a guide the cosine of the whole picture and the text.
    """
    found: dict[str, Own] = {}
    if dream.judge != "none":
        found[JUDGE] = judge_eye(dream.judge, device).sure
    return found | {name: _own(GuideEye(guide, device)) for name, guide in guides(dream, device).items()}


def guides(dream: Dream, device: torch.device) -> dict[str, Perceptor]:
    """The dream's perceptors, by what they are called in a report."""
    several = len(dream.perceptors) > 1
    return {
        f"{GUIDE} {sight.name}" if several else GUIDE: build.component("perceptor", sight.name, dream, device) for sight in dream.perceptors
    }


def _own(eye: GuideEye) -> Own:
    def cosines(images: Tensor, texts: Sequence[str]) -> Tensor:
        place = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        return eye(images, list(place))[torch.arange(len(texts)), torch.tensor([place[text] for text in texts])]

    return cosines


def stacked(pictures: Sequence[Image]) -> Tensor:
    """[N,3,H,W] in 0..1 of pictures of one size."""
    return torch.cat([to_tensor(picture, picture.height, picture.width) for picture in pictures])
