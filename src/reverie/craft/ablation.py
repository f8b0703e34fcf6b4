"""What each phrase of a prompt contributed to a picture, by what judge and guide say of it with and without the phrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from torch import Tensor

from reverie.craft.asked import JUDGE, Own
from reverie.craft.attach import Prompts
from reverie.craft.phrases import Phrase
from reverie.dream import Dream
from reverie.prompt import Part, wanted_words
from reverie.regions import region


@dataclass(frozen=True)
class Said:
    """What somebody says of a picture: how well it fits the phrase ``alone``, and all that was asked for ``whole`` and ``without``
    the phrase. None where there is nothing to compare with, or a judge who knows none of the words."""

    alone: float | None
    whole: float | None
    without: float | None

    @property
    def gain(self) -> float | None:
        """How much better the picture fits what was asked for thanks to the phrase."""
        return None if self.whole is None or self.without is None else self.whole - self.without


def said(image: Tensor, dream: Dream, phrases: Sequence[Phrase], asked: Mapping[str, Own]) -> list[dict[str, Said]]:
    """For each phrase what each of those asked says of the picture [1,3,H,W] in 0..1."""
    found = []
    for phrase in phrases:
        alone = (dream.prompts[phrase.place].model_copy(update={"text": phrase.text, "weight": 1.0, "blend": ()}),)
        found.append(
            {
                who: Said(*(agreement(who, eye, image, prompts, dream.fit) for prompts in (alone, dream.prompts, phrase.rest)))
                for who, eye in asked.items()
            }
        )
    return found


def agreement(who: str, eye: Own, image: Tensor, prompts: Prompts, fit: str) -> float | None:
    """How well a picture fits prompts. The judge reads all that is wanted as one text, as while it paints; a guide's is the mean of
    the cosines of the texts, those of a blend among them, each with its place in the picture, by weight, so that what is to be
    avoided counts against it."""
    texts = [prompt for prompt in prompts if prompt.kind == "text" and prompt.weight]
    if who == JUDGE:
        wanted = wanted_words(prompts)
        value = eye(image, [wanted]).item() if wanted else float("nan")
        return value if isfinite(value) else None
    told = [
        (prompt.region, part.text, part.weight)
        for prompt in texts
        for part in (Part(text=prompt.text, weight=prompt.weight), *prompt.blend)
    ]
    total = sum(abs(weight) for _, _, weight in told)
    height, width = image.shape[-2:]
    cosines = [weight * eye(region(place, height, width, fit).of(image), [text]).item() for place, text, weight in told]
    return sum(cosines) / total if total else None


def as_data(phrase: Phrase, told: Mapping[str, Said]) -> dict[str, Any]:
    """For JSON."""
    return {"phrase": phrase.text, "prompt": phrase.place} | {
        who: {name: _rounded(getattr(one, name)) for name in ("alone", "whole", "without", "gain")} for who, one in told.items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
