"""A small sub-word tokenizer: greedy longest match over pieces learnt by byte-pair merges.

Merges after Sennrich et al. 2016 (arXiv 1508.07909); matching and skipping pieces at random while training after
BPE-dropout, Provilkov et al. 2020 (arXiv 1910.13267), so that unseen words still fall into pieces that mean something.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

PAD, UNKNOWN = 0, 1
_SPECIAL = ("<pad>", "<unk>")
_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_MARK = re.compile("\\A[ \u2581\u0120]|</w>\\Z")


def words(text: str) -> list[str]:
    """Lower-case words and marks of any script, accents folded: ``Crème brûlée!`` gives creme, brulee, !."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))


def whole_words(pieces: Iterable[str]) -> frozenset[str]:
    """Of a tokenizer's pieces the words, in lower case, by the mark at their start (ours, SentencePiece's, GPT-2's) or end (CLIP's)."""
    found = (_MARK.sub("", piece) for piece in pieces if _MARK.search(piece))
    return frozenset(word.lower() for word in found if len(word) > 1 and word.isalpha())


class Tokenizer:
    """Texts to rows of piece numbers; a piece that starts a word carries a leading space."""

    def __init__(self, pieces: Sequence[str], length: int = 24) -> None:
        self.pieces, self.length = tuple(pieces), length
        self._number = {piece: i for i, piece in enumerate(self.pieces)}
        self._longest = max(len(piece) for piece in self.pieces)

    @classmethod
    def learn(cls, texts: Iterable[str], size: int, length: int = 24) -> Tokenizer:
        """Merge the most frequent neighbours of the texts' words until ``size`` pieces are known."""
        counts = Counter(f" {word}" for text in texts for word in words(text))
        split = {word: list(word[1:]) for word in counts}
        for word, parts in split.items():
            parts[0] = " " + word[1]
        letters = {chr(c) for c in range(ord("a"), ord("z") + 1)} | set("0123456789")
        marks = {part for parts in split.values() for part in parts} - letters - {" " + c for c in letters}
        known = dict.fromkeys((*_SPECIAL, *sorted(letters), *sorted(" " + c for c in letters), *sorted(marks)))
        while len(known) < size:
            pairs: Counter[tuple[str, str]] = Counter()
            for word, parts in split.items():
                for pair in zip(parts, parts[1:], strict=False):
                    pairs[pair] += counts[word]
            if not pairs:
                break
            # Many merges a pass: the counts of unrelated pairs hardly change each other.
            for left, right in [pair for pair, _ in pairs.most_common(32)]:
                known.setdefault(left + right)
                for parts in split.values():
                    _merge(parts, left, right)
        return cls(list(known)[:size], length)

    def pieces_of(self, text: str, dice: random.Random | None = None) -> list[int]:
        """Piece numbers of one text, uncut; with ``dice``, one match in eight is taken shorter than it could be."""
        found: list[int] = []
        for word in words(text):
            rest = " " + word
            while rest:
                end = self._match(rest, dice)
                found.append(self._number.get(rest[:end], UNKNOWN))
                rest = rest[end:]
        return found

    def _match(self, rest: str, dice: random.Random | None) -> int:
        ends = [end for end in range(min(len(rest), self._longest), 0, -1) if rest[:end] in self._number]
        if not ends:
            return 2 if rest[0] == " " else 1
        if dice is not None and len(ends) > 1 and dice.random() < 0.125:
            return ends[1]
        return ends[0]

    def __call__(self, texts: Sequence[str], dice: random.Random | None = None) -> list[list[int]]:
        """Rows of exactly ``length`` numbers, padded with 0; longer texts are cut (``fits`` tells beforehand)."""
        rows = (self.pieces_of(text, dice)[: self.length] for text in texts)
        return [row + [PAD] * (self.length - len(row)) for row in rows]

    def known(self) -> frozenset[str]:
        """The words that are one piece each."""
        return whole_words(self.pieces)

    def fits(self, text: str) -> bool:
        """Whether the whole text is read."""
        return len(self.pieces_of(text)) <= self.length


def _merge(parts: list[str], left: str, right: str) -> None:
    i = 0
    while i < len(parts) - 1:
        if parts[i] == left and parts[i + 1] == right:
            parts[i : i + 2] = [left + right]
        i += 1
