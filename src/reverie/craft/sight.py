"""What a perceptor sees in a picture, in words: the nearest of every category, and a whole prompt, put together greedily.

As CLIP Interrogator does (github.com/pharmapsychotic/clip-interrogator): the subject first, then whatever phrase brings the text
nearest to the picture, until none does. Without its captioner, so that things come from a list of names too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from PIL.Image import Image
from torch import Tensor

from reverie.craft.vocabulary import Scene, said
from reverie.images import to_tensor
from reverie.reading import read
from reverie.types import Perceptor

SHORTLIST = 12  # of each category go into the prompt's making: the others were further off beside the subject already
GAIN = 0.003  # of the cosine, below which a phrase more says nothing
SCALE = 100.0  # of a perceptor that does not tell its own: CLIP's end (Radford et al. 2021, arXiv 2103.00020)


@dataclass(frozen=True)
class Near:
    """A phrase, its probability within its category by the perceptor's own temperature, and its cosine with the picture."""

    phrase: str
    probability: float
    cosine: float


@dataclass(frozen=True)
class Written:
    """What the picture was painted from: its cosine, and where its phrases stand in their categories, the first being 1."""

    text: str
    cosine: float
    ranks: Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class Sight:
    """One picture: the nearest phrases by category, best first, the prompt and its cosine."""

    found: Mapping[str, Sequence[Near]]
    prompt: str
    cosine: float
    written: Written | None = None


@torch.no_grad()
def seen(pictures: Sequence[Image], perceptor: Perceptor) -> Tensor:
    """[N,D], unit length: each picture in squares along its longer side, and in the mirror."""
    found = []
    for picture in pictures:
        views = _squares(picture, perceptor.size)
        views = torch.cat((views, views.flip(-1))).to(_device(perceptor))
        found.append(F.normalize(perceptor.look(views).float().mean(0), dim=0))
    return torch.stack(found)


def _squares(picture: Image, size: int) -> Tensor:
    """[1 or 3,3,size,size]: the whole of a square picture; else its beginning, middle and end."""
    width, height = picture.size
    side = min(width, height)
    if max(width, height) < 1.1 * side:
        return to_tensor(picture, size, size)
    corners = [(round((width - side) * part), round((height - side) * part)) for part in (0, 0.5, 1)]
    return torch.cat([to_tensor(picture.crop((x, y, x + side, y + side)), size, size) for x, y in corners])


def _device(perceptor: Perceptor) -> torch.device:
    return perceptor.read(["a"]).device


def sight(picture: Tensor, lists: Mapping[str, Sequence[str]], perceptor: Perceptor, written: str = "") -> Sight:
    """What is seen in a picture's embedding [D]. A thing is compared as it is; all else beside the thing that is nearest."""
    near = _Nearness(picture, perceptor)
    things = near.ranked({name: str(Scene(name)) for name in lists["thing"]})
    scene = Scene(things[0].phrase)
    found = {"thing": things}
    for category, phrases in lists.items():
        if category != "thing":
            found[category] = near.ranked({phrase: str(scene.plus(category, phrase)) for phrase in phrases})
    prompt, cosine = _composed(near, scene, {name: ranked for name, ranked in found.items() if name != "thing"})
    told = None
    if written:
        places = {category: [one.phrase for one in ranked] for category, ranked in found.items()}
        ranks = {category: (phrase, places[category].index(phrase) + 1) for category, phrase in said(written, lists).items()}
        told = Written(written, near.cosines([written])[0], ranks)
    return Sight(found, prompt, cosine, told)


class _Nearness:
    """How near texts are to one picture."""

    def __init__(self, picture: Tensor, perceptor: Perceptor) -> None:
        self.picture, self.perceptor = picture, perceptor
        self.scale = float(getattr(perceptor, "scale", SCALE))

    @torch.no_grad()
    def cosines(self, texts: Sequence[str]) -> list[float]:
        pieces = [texts[start : start + 256] for start in range(0, len(texts), 256)]
        found: list[float] = (torch.cat([read(piece, self.perceptor) for piece in pieces]) @ self.picture).tolist()
        return found

    def ranked(self, texts: Mapping[str, str]) -> list[Near]:
        """Phrases by what is compared for each, the nearest first."""
        cosines = self.cosines(list(texts.values()))
        shares = (self.scale * torch.tensor(cosines)).softmax(0).tolist()
        return sorted(map(Near, texts, shares, cosines), key=lambda one: -one.cosine)


def _composed(near: _Nearness, scene: Scene, left: dict[str, list[Near]]) -> tuple[str, float]:
    """The prompt and its cosine: one phrase of a category at most, the one that raises the cosine most, until none does."""
    cosine = near.cosines([str(scene)])[0]
    left = {category: ranked[:SHORTLIST] for category, ranked in left.items()}
    while left:
        tried = [(category, one.phrase) for category, ranked in left.items() for one in ranked]
        cosines = near.cosines([str(scene.plus(*one)) for one in tried])
        best = max(range(len(tried)), key=cosines.__getitem__)
        if cosines[best] < cosine + GAIN:
            break
        cosine, scene = cosines[best], scene.plus(*tried[best])
        del left[tried[best][0]]
    return str(scene), cosine
