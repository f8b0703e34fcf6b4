"""The judge, which never guides: it names what it sees, reads by dictionary, and so tells how well a text fits a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from reverie.data.words import COLOUR_SYNONYMS, COLOURS, GROUNDS, LEADS, STYLES
from reverie.enlarge import reduced
from reverie.nets.judge import Judge
from reverie.transfer import sent

CHUNK = 128  # pictures looked at together
THING, GROUND, COLOUR, STYLE = range(4)  # the judge's heads
UNSAYING = frozenset(("a", "an", "the", "of", "on", "in", "with", "and", "no", "two", "next", "to", "beside", "background", "style"))


class Said(NamedTuple):
    """One fact of a text: which head it is about, and which of the head's options would make it true."""

    head: int
    options: tuple[int, ...]


class Reader:
    """Finds facts in a text by dictionary, the longest words first; what it does not know says nothing.

    Names come before colours ("red apple" is a thing), and both before keywords and the single words of names, which
    may be said of several things. ``things`` are names, in the judge's order, with their keywords.
    """

    def __init__(self, things: Mapping[str, Sequence[str]]) -> None:
        self.meanings: dict[str, Said | None] = {}
        for words in (*LEADS, "in the style of"):
            self.meanings.setdefault(_plain(words), None)
        for phrase, said in (*_styles(), *_grounds()):
            self.meanings.setdefault(_plain(phrase), said)
        for i, name in enumerate(things):
            self.meanings.setdefault(_plain(name), Said(THING, (i,)))
        for number, colour in enumerate(COLOURS):
            for word in (colour, *COLOUR_SYNONYMS.get(colour, ())):
                self.meanings.setdefault(word, Said(COLOUR, (number,)))
        self._looser(things.values())
        self._looser(_plain(name).split() for name in things)
        self.longest = max(len(phrase.split()) for phrase in self.meanings)

    def _looser(self, words: Iterable[Sequence[str]]) -> None:
        """Words that mean any of the things that have them, unless they mean something already."""
        found: dict[str, list[int]] = {}
        for i, mine in enumerate(words):
            for word in {_plain(one) for one in mine} - UNSAYING:
                found.setdefault(word, []).append(i)
        for word, things in found.items():
            self.meanings.setdefault(word, Said(THING, tuple(things)))

    def __call__(self, text: str) -> list[Said]:
        words = _plain(text).split()
        said, at = [], 0
        while at < len(words):
            for length in range(min(self.longest, len(words) - at), 0, -1):
                key = self._known(" ".join(words[at : at + length]))
                if key:
                    said.append(self.meanings[key])
                    at += length
                    break
            else:
                at += 1
        return [one for one in said if one]

    def _known(self, phrase: str) -> str:
        """The phrase as the dictionary has it, in the singular where that is all there is; empty where there is none."""
        singular = [phrase.removesuffix(end) for end in ("s", "es") if phrase.endswith(end)]
        return next((form for form in (phrase, *singular) if form and form in self.meanings), "")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w’'-]+", text.lower()))


def _styles() -> Iterator[tuple[str, Said]]:
    for number, ways in enumerate(STYLES.values()):
        yield from ((way, Said(STYLE, (number,))) for way in ways)


def _grounds() -> Iterator[tuple[str, Said]]:
    for number, colour in enumerate(COLOURS):
        for word in (colour, *COLOUR_SYNONYMS.get(colour, ())):
            for way in ("on {}", "on a {}", "on an {}", "on a {} background", "on an {} background", "with a {} background"):
                yield way.format(word), Said(GROUND, (number,))
    for number, ways in enumerate(GROUNDS.values(), len(COLOURS)):
        yield from ((way, Said(GROUND, (number,))) for way in ways)


class JudgeEye:
    """The sum of the log-probabilities of what each text says; unsaid facts cost nothing.

    Things count against chance, since a word that many things share is easily true, and a text that names none should
    not win by saying nothing. Traits do not: whoever adds "on a white background" to a thing that is not there should
    gain nothing by it.
    """

    def __init__(self, network: Judge, things: Mapping[str, Sequence[str]], device: torch.device | str = "cpu") -> None:
        self.network, self.reader, self.device = network.to(device), Reader(things), torch.device(device)

    def __call__(self, images: Tensor, texts: Sequence[str]) -> Tensor:
        """[N,T], higher is better; only the order within a row means anything. ``images`` [N,3,H,W] in 0..1."""
        heads = [head.cpu() for head in self._verdicts(images)]
        columns = []
        for text in texts:
            total = torch.zeros(len(images))
            for head, options in set(self.reader(text)):
                chance = len(options) / heads[head].shape[1] if head == THING else 1.0
                total += heads[head][:, list(options)].logsumexp(1) - math.log(chance)
            columns.append(total)
        return torch.stack(columns, 1)

    def sure(self, images: Tensor, texts: Sequence[str]) -> Tensor:
        """[N]: how sure the judge is that each picture shows what its own text says, 0..1; NaN where it knows none of the words.

        The geometric mean over the text's facts of the probability that each is true.
        """
        heads = self._verdicts(images)
        found = []
        for place, text in enumerate(texts):
            said = [(heads[head][place], sent(torch.tensor(options), self.device)) for head, options in set(self.reader(text))]
            facts = [verdict.index_select(0, options).logsumexp(0) for verdict, options in said]
            found.append(torch.stack(facts).mean().exp() if facts else heads[0].new_full((), math.nan))
        return torch.stack(found)

    @torch.no_grad()
    def _verdicts(self, images: Tensor) -> list[Tensor]:
        """Log-probabilities [N, options] per head."""
        views = fitted(images, self.network.config.size)
        verdicts = [self.network(chunk.to(self.device)) for chunk in views.split(CHUNK)]
        return [torch.cat(parts).log_softmax(1) for parts in zip(*verdicts, strict=True)]


def fitted(images: Tensor, size: int) -> Tensor:
    """Square pictures at the size of who looks."""
    return images if images.shape[-1] == size else reduced(images, size, size)
