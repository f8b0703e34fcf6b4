"""What guide and judge recognise in drawings that no training has seen: names, keywords, colours, styles, grounds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from reverie.data.captions import Facts, article, sentence
from reverie.data.concepts import Concept
from reverie.data.icons import Icons
from reverie.data.scenes import SceneMaker, recolour
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.errors import BadRequest
from reverie.perceptors.eyes import Eye
from reverie.perceptors.judge import fitted

PAPER = 0.94
SIDE = 64
SCENES, BATCH = 6, 256  # batches of scenes, and scenes per batch


@dataclass(frozen=True)
class Row:
    """Of ``pictures``, the share for which a right text among ``among`` came first, or among the first five."""

    test: str
    eye: str
    pictures: int
    among: int
    top1: float
    top5: float


@dataclass(frozen=True)
class Question:
    """Pictures [N,3,H,W], texts, and which of them are right for each picture."""

    test: str
    images: Tensor
    texts: list[str]
    right: list[set[int]]

    def ask(self, eyes: Mapping[str, Eye]) -> Iterator[Row]:
        """A row for each eye, and one for how often the first two choose the same text."""
        ranked = {name: eye(self.images, self.texts).topk(min(5, len(self.texts)), 1).indices.tolist() for name, eye in eyes.items()}
        for name, ranks in ranked.items():
            pairs = list(zip(ranks, self.right, strict=True))
            first, five = (_share(bool(right & set(rank[:count])) for rank, right in pairs) for count in (1, 5))
            yield Row(self.test, name, len(pairs), len(self.texts), first, five)
        if len(ranked) > 1:
            one, other, *_ = ranked.values()
            same = _share(a[0] == b[0] for a, b in zip(one, other, strict=True))
            shared = _share(bool(set(a) & set(b[:1])) for a, b in zip(one, other, strict=True))
            yield Row(self.test, "agreement", len(self.right), len(self.texts), same, shared)


def _share(hits: Iterable[bool]) -> float:
    found = list(hits)
    return sum(found) / max(1, len(found))


def drawings(unseen: Icons, concepts: Sequence[Concept]) -> tuple[Tensor, list[Concept]]:
    """The unseen drawings uint8 [N,4,S,S] of things that were learnt from other drawings, and what each one is."""
    known = {concept.name: concept for concept in concepts}
    shown = [(i, unseen.concepts[number].name) for i, number in enumerate(unseen.concept.tolist())]
    kept = [(i, known[name]) for i, name in shown if name in known]
    if not kept:
        raise BadRequest("No drawing of the test set shows a thing that was learnt: make both again with `reverie train data --force`.")
    return unseen.pictures[[i for i, _ in kept]], [concept for _, concept in kept]


def on_paper(drawn: Tensor) -> Tensor:
    """Premultiplied drawings [N,4,S,S] in 0..1 on a plain light ground: [N,3,64,64]."""
    return fitted(drawn[:, :3] + PAPER * (1 - drawn[:, 3:]), SIDE)


def names(pictures: Tensor, shown: Sequence[Concept], concepts: Sequence[Concept], test: str = "name") -> Question:
    """Which of all the names is it?"""
    names = list(dict.fromkeys(concept.name for concept in concepts))
    place = {name: i for i, name in enumerate(names)}
    return Question(test, on_paper(pictures.float() / 255), [article(name) for name in names], [{place[c.name]} for c in shown])


def all_names(drawn: Icons, learnt: Sequence[Concept], test: str) -> Question:
    """Which is it of all names: those that were learnt, those of these drawings, and those that their file lists?"""
    shown = [drawn.concepts[number] for number in drawn.concept.tolist()]
    return names(drawn.pictures, shown, [*learnt, *drawn.concepts, *map(Concept, drawn.names)], test)


def keywords(pictures: Tensor, shown: Sequence[Concept], concepts: Sequence[Concept]) -> Question:
    """Which word is it, names left out: of each thing the one that it shares with the fewest others."""
    counts = Counter(word for concept in concepts for word in concept.keywords)
    taken = {concept.name for concept in concepts}
    free = [[word for word in concept.keywords if word not in taken] for concept in concepts]
    words = sorted({min(mine, key=lambda word: (counts[word], word)) for mine in free if mine})
    right = [{i for i, word in enumerate(words) if word in concept.keywords} for concept in shown]
    asked = [i for i, mine in enumerate(right) if mine]
    return Question("keyword", on_paper(pictures[asked].float() / 255), words, [right[i] for i in asked])


def colours(pictures: Tensor, shown: Sequence[Concept], eyes: Mapping[str, Eye]) -> Iterator[Row]:
    """Each drawing in one colour: is it a red one or a blue one?"""
    dice = random.Random(0)
    asked = [i for i, concept in enumerate(shown) if not any(word in COLOURS for word in concept.name.split())]
    pairs = [dice.sample(list(COLOURS), 2) for _ in asked]
    drawn = [recolour(pictures[i][None].float() / 255, pair[0]) for i, pair in zip(asked, pairs, strict=True)]
    texts = [[article(f"{colour} {shown[i].name}") for colour in pair] for i, pair in zip(asked, pairs, strict=True)]
    yield from _choices("colour of two", on_paper(torch.cat(drawn)), texts, [0] * len(asked), eyes)


def scenes(unseen: Icons, eyes: Mapping[str, Eye]) -> Iterator[Row]:
    """Scenes of unseen drawings: which style, which background, which colour behind it? The rest of the sentence is given."""
    maker = SceneMaker(unseen, SIDE, seed=0)
    batches = [maker(BATCH, step) for step in range(SCENES)]
    images = torch.cat([batch.images for batch in batches])
    facts = [fact for batch in batches for fact in batch.facts]
    tests: tuple[tuple[str, str, list[str], Callable[[Facts], bool]], ...] = (
        ("style", "style", list(STYLES), lambda fact: bool(fact.style)),
        ("background", "ground", list(GROUNDS), lambda fact: fact.ground in GROUNDS and not fact.style),
        ("background colour", "ground", list(COLOURS), lambda fact: fact.ground in COLOURS and not fact.style),
    )
    for test, part, options, fits in tests:
        asked = [i for i, fact in enumerate(facts) if fits(fact) and not fact.jumbled]
        texts = [[_said(facts[i], part, option) for option in options] for i in asked]
        right = [options.index(getattr(facts[i], part)) for i in asked]
        yield from _choices(test, images[asked], texts, right, eyes)


def _said(fact: Facts, part: str, option: str) -> str:
    # Where the style is asked, the ground stays unsaid.
    said = replace(fact, ground=option) if part == "ground" else replace(fact, ground="", style=option)
    return sentence(said, random.Random(0))


def _choices(test: str, images: Tensor, texts: Sequence[Sequence[str]], right: Sequence[int], eyes: Mapping[str, Eye]) -> Iterator[Row]:
    """Each picture has its own few texts, one of them right."""
    if not len(images):
        return
    for name, eye in eyes.items():
        fits = torch.cat([eye(image[None], mine) for image, mine in zip(images, texts, strict=True)])
        ranks = fits.topk(min(5, fits.shape[1]), 1).indices.tolist()
        first, five = (_share(one in rank[:count] for rank, one in zip(ranks, right, strict=True)) for count in (1, 5))
        yield Row(test, name, len(ranks), fits.shape[1], first, five)
