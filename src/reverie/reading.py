"""What a perceptor reads of a dream's words: long texts in parts, templates, blends, a push towards more of this and less of that.

A text that fits and asks for none of it is read as it is, by one call for all, and its vector is what the perceptor says.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.parting import parts
from reverie.prompt import NOISE, Prompt
from reverie.rng import Rng
from reverie.types import Literate, Perceptor
from reverie.vectors import INLINE, load_vector, unpacked


class Wish(NamedTuple):
    """All on which it depends where a prompt points; prompts with the same wish are read once."""

    kind: str
    text: str
    blend: tuple[tuple[str, float], ...] = ()
    templates: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    push: float = 0.0


def wish(dream: Dream, prompt: Prompt) -> Wish:
    """What one of a dream's prompts asks for; only texts that the picture should be like are pushed."""
    if prompt.kind != "text":
        return Wish(prompt.kind, prompt.text)
    blend = tuple((part.text, part.weight / prompt.weight) for part in prompt.blend if prompt.weight)
    found = Wish("text", prompt.text, blend, dream.templates)
    pushed = (dream.more or dream.less) and dream.push and prompt.weight > 0
    return found._replace(more=dream.more, less=dream.less, push=dream.push) if pushed else found


def pieces(text: str, perceptor: Perceptor) -> list[str]:
    """The parts in which a perceptor reads a text."""
    return parts(text, perceptor.limit, perceptor.count) if isinstance(perceptor, Literate) else [text]


def read(texts: Sequence[str], perceptor: Perceptor) -> Tensor:
    """[N,D], unit length. A text that is too long is the mean of its parts, which count as they are long."""
    apart = [pieces(text, perceptor) for text in texts]
    found = perceptor.read([those[0] for those in apart]).float()
    for i, those in enumerate(apart):
        if len(those) > 1 and isinstance(perceptor, Literate):
            lengths = torch.tensor([float(perceptor.count(one)) for one in those], device=found.device)
            found[i] = F.normalize(lengths @ perceptor.read(those).float(), dim=0)
    return found


def direction(more: Sequence[str], less: Sequence[str], perceptor: Perceptor) -> Tensor:
    """[D], unit length: from what the texts or vectors ``less`` have in common to what ``more`` have; either may be empty.

    Raises ``BadRequest`` where that leads nowhere, and for a vector that is not one of this perceptor's.
    """
    way = sum((sign * vectors(those, perceptor).mean(0) for sign, those in ((1, more), (-1, less)) if those), torch.zeros(()))
    if way.norm() < 1e-4:
        raise BadRequest(f"--more and --less are read as the same: there is no way from {' | '.join(less)!r} to {' | '.join(more)!r}.")
    return F.normalize(way, dim=0)


def targets(wishes: Sequence[Wish], perceptor: Perceptor) -> Tensor:
    """[N,D], unit length: where each prompt points; a picture's place is empty, since it is looked at anew at each step.

    Raises ``BadRequest`` for a vector that is not one of this perceptor's.
    """
    found = read([one.text if one.kind == "text" else "" for one in wishes], perceptor)
    towards = cache(lambda more, less: direction(more, less, perceptor))
    for i, one in enumerate(wishes):
        if one.kind == "noise":
            number = NOISE.fullmatch(one.text)
            drawn = Rng(int(number[1]) if number else 0).normal((found.shape[1],), "noise-prompt")
            found[i] = F.normalize(drawn, dim=0).to(found.device)
        if one.kind == "vector":
            found[i] = _fitting(load_vector(one.text), found, one.text)
        if one.templates:
            found[i] = _told(one.text, one.templates, perceptor)
        for text, weight in one.blend:
            found[i] += weight * (_told(text, one.templates, perceptor) if one.templates else read([text], perceptor)[0])
        if one.blend:
            found[i] = F.normalize(found[i], dim=0)
        if one.push:
            found[i] = F.normalize(found[i] + one.push * towards(one.more, one.less), dim=0)
    return found


def filled(text: str, templates: Sequence[str]) -> list[str]:
    """The text in every template."""
    return [template.replace("{}", text) for template in templates]


def _told(text: str, templates: Sequence[str], perceptor: Perceptor) -> Tensor:
    """[D], unit length: the mean of what is read through all templates."""
    return F.normalize(read(filled(text, templates), perceptor).mean(0), dim=0)


def vectors(those: Sequence[str], perceptor: Perceptor) -> Tensor:
    """[N,D], unit length: texts, and vectors that are written out."""
    found = read(["" if one.startswith(INLINE) else one for one in those], perceptor)
    for i, one in enumerate(those):
        if one.startswith(INLINE):
            found[i] = _fitting(unpacked(one), found, f"of --more or --less, {one[len(INLINE) :][:8]}...")
    return found


def _fitting(vector: Tensor, read: Tensor, name: str) -> Tensor:
    if len(vector) != read.shape[1]:
        said = f"{name!r} has {len(vector)} numbers, and this perceptor's vectors {read.shape[1]}"
        raise BadRequest(f"The vector {said}: give --perceptor the one that it was made with.")
    return vector.to(read.device)
