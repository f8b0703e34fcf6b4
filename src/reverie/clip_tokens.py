"""CLIP's tokenizer: byte pairs merged in the order of OpenAI's list (Sennrich et al. 2016, arXiv 1508.07909).

The list, 1.3 MB, does not come with Reverie: it lies beside the weights, in the open_clip_torch package, or where Reverie
keeps its data. The regular expression of the original is written out as a scan, since Python's own has no classes of
letters and numbers; that saves a dependency, and so does doing by hand what ``ftfy`` does to a text that was typed.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reverie.errors import BadRequest
from reverie.paths import data_dir

LENGTH = 77  # tokens that OpenAI's CLIPs read, with the start and the end
START, END = "<|startoftext|>", "<|endoftext|>"
LIST = "bpe_simple_vocab_16e6.txt.gz"
# A folder in Hugging Face's layout, or OpenAI's list, also as open_clip names it.
FILES = ("tokenizer.json", "vocab.json", LIST, LIST.removesuffix(".gz"), "merges.txt")
PACKAGES = ("open_clip", "clip")
LARGEST_LIST = 64 << 20  # bytes, unpacked; OpenAI's has 3 MB

_SHORT = re.compile(r"'(?:s|t|re|ve|m|ll|d)")
_ESCAPE = re.compile(r"\x1b\[[\d;]*[A-Za-z]")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\ufff9-\ufffb\u206a-\u206f]")
_WIDE = re.compile(r"[\u3000\uff01-\uffef]+")
_PLAIN: Mapping[int, str] = MappingProxyType(
    {
        **dict.fromkeys((0x2BC, *range(0x2018, 0x201C)), "'"), **dict.fromkeys(range(0x201C, 0x2020), '"'),
        0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "ſt", 0xFB06: "st",
        0x132: "IJ", 0x133: "ij", 0x149: "'n",
        0x1C4: "DŽ", 0x1C5: "Dž", 0x1C6: "dž", 0x1C7: "LJ", 0x1C8: "Lj", 0x1C9: "lj", 0x1CA: "NJ", 0x1CB: "Nj", 0x1CC: "nj",
        0x1F1: "DZ", 0x1F2: "Dz", 0x1F3: "dz",
    }
)  # fmt: skip


def clean(text: str) -> str:
    """Straight quotes, no ligatures, wide letters, escapes, HTML entities or runs of spaces; lower case, composed (NFC)."""
    if "<" not in text:
        text = html.unescape(text)
    text = _ESCAPE.sub("", text).translate(_PLAIN)
    text = _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(html.unescape(html.unescape(text)).split()).lower()


def words(text: str) -> Iterator[str]:
    """What is merged for itself: short forms ('s), runs of letters, single numerals, runs of other marks."""
    at = 0
    while at < len(text):
        kind, end = _kind(text[at]), at + 1
        short = _SHORT.match(text, at)
        if short:
            end = short.end()
        elif kind != "N":
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        if kind != " ":
            yield text[at:end]
        at = end


def _kind(letter: str) -> str:
    """L for letters, N for numerals, a space, and a dot for everything else."""
    if letter.isspace():
        return " "
    kind = unicodedata.category(letter)[0]
    return kind if kind in "LN" else "."


def _bytes_as_letters() -> list[str]:
    """How the list writes each byte: as its Latin-1 letter where that can be seen, else as one from 256 on."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    unseen = [byte for byte in range(256) if byte not in seen]
    written = {byte: chr(byte) for byte in seen} | {byte: chr(256 + i) for i, byte in enumerate(unseen)}
    return [written[byte] for byte in range(256)]


class ClipTokenizer:
    """Texts to rows of numbers: a start, the pieces of the words, an end, and zeros."""

    def __init__(self, numbers: Mapping[str, int], merges: Iterable[tuple[str, str]], length: int = LENGTH) -> None:
        self.numbers, self.length = numbers, length
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.letters = _bytes_as_letters()
        missing = [piece for piece in (START, END, *self.letters) if piece not in numbers]
        if missing:
            raise ValueError(f"has no number for {missing[0]!r}")
        self.start, self.end = numbers[START], numbers[END]

    @classmethod
    def of_merges(cls, merges: Sequence[tuple[str, str]], length: int = LENGTH) -> ClipTokenizer:
        """By a list alone, numbered as OpenAI did: bytes, bytes that end a word, merges, start and end."""
        letters = sorted(_bytes_as_letters(), key=lambda letter: (ord(letter) >= 256, ord(letter)))
        pieces = (*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges), START, END)
        return cls({piece: number for number, piece in enumerate(pieces)}, merges, length)

    def pieces(self, word: str) -> list[int]:
        """The numbers of one word."""
        parts = [self.letters[byte] for byte in word.encode()]
        parts[-1] += "</w>"
        while len(parts) > 1:
            rank, at = min((self.ranks.get(pair, len(self.ranks)), at) for at, pair in enumerate(zip(parts, parts[1:], strict=False)))
            if rank == len(self.ranks):
                break
            first, second = parts[at], parts[at + 1]
            merged, i = [], 0
            while i < len(parts):
                both = parts[i : i + 2] == [first, second]
                merged.append(first + second if both else parts[i])
                i += 2 if both else 1
            parts = merged
        return [self.numbers[part] for part in parts]

    def count(self, text: str) -> int:
        """How many pieces the words of a text have, without the start and the end."""
        return sum(len(self.pieces(word)) for word in words(clean(text)))

    def __call__(self, texts: Sequence[str], cut: bool = False) -> list[list[int]]:
        """Rows of ``length``. A text that is longer is cut, or else ``BadRequest`` says what of it would be."""
        rows = []
        for text in texts:
            found: list[int] = []
            for word in words(clean(text)):
                found += self.pieces(word)
            if len(found) > self.length - 2 and not cut:
                raise too_long(text, len(found) + 2, self.length, self._rest(text))
            row = [self.start, *found[: self.length - 2], self.end]
            rows.append(row + [0] * (self.length - len(row)))
        return rows

    def _rest(self, text: str) -> str:
        """What is left of a text from the first word that is not read whole."""
        room, rest = self.length - 2, list(words(clean(text)))
        while rest and (room := room - len(self.pieces(rest[0]))) >= 0:
            rest.pop(0)
        return " ".join(rest)


def too_long(text: str, tokens: int, length: int, rest: str) -> BadRequest:
    """What is said of a text that a perceptor cannot read to its end."""
    return BadRequest(
        f"{_short(text)!r} is {tokens} tokens long and {length} are read: {_short(rest)!r} would be left out. "
        "Shorten it, write it as several prompts ('one | another'), or let it be cut by the perceptor's option cut=true."
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def find(near: Path | None, given: str = "") -> Path:
    """The file or folder to read the tokenizer from: the one given, beside the weights, in a package, or in Reverie's data."""
    if given:
        path = Path(given)
        if path.is_file() or any((path / name).is_file() for name in FILES):
            return path
        raise BadRequest(f"There is no tokenizer at {given!r}: give {LIST}, or a folder with vocab.json and merges.txt or tokenizer.json.")
    for folder in (*([near] if near else []), *_packages(), data_dir()):
        if any((folder / name).is_file() for name in FILES):
            return folder
    raise BadRequest(
        f"CLIP's list of merges is not here, and without it no text can be read: put {LIST} beside the weights"
        f"{f' ({near})' if near else ''} or into {data_dir()}, or install a package that brings it "
        "(pip install --no-deps open_clip_torch), or name the file by the perceptor's option merges=FILE."
    )


def _packages() -> Iterator[Path]:
    """Folders of installed packages that bring the list; they are not imported."""
    for name in PACKAGES:
        spec = find_spec(name)
        yield from (Path(place) for place in (spec.submodule_search_locations or ()) if (Path(place) / LIST).is_file()) if spec else ()


def load(path: Path, vocabulary: int, length: int = LENGTH) -> ClipTokenizer:
    """A tokenizer from a file or a folder (``find``) for a network that knows ``vocabulary`` tokens.

    Raises ``BadRequest`` for what is none, or is another network's.
    """
    file = next((path / name for name in FILES if (path / name).is_file()), path) if path.is_dir() else path
    try:
        found = _read(file, vocabulary, length)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadRequest(f"{file} is no tokenizer of CLIP's kind ({error}).") from error
    if len(found.numbers) != vocabulary:
        raise BadRequest(f"{file} numbers {len(found.numbers)} tokens and the network knows {vocabulary}: they do not belong together.")
    return found


def _read(file: Path, vocabulary: int, length: int) -> ClipTokenizer:
    if file.suffix != ".json":
        return ClipTokenizer.of_merges(_merges(_text(file).splitlines(), vocabulary - 2 * 256 - 2), length)
    held: Any = json.loads(_text(file))
    if file.name == "vocab.json":
        return ClipTokenizer(_numbers(held), _merges(_text(file.with_name("merges.txt")).splitlines(), len(held)), length)
    model = held["model"]
    merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    added = {one["content"]: one["id"] for one in held.get("added_tokens") or ()}
    return ClipTokenizer(_numbers({**model["vocab"], **added}), [(str(a), str(b)) for a, b in merges], length)


def _text(file: Path) -> str:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
        held = opened.read(LARGEST_LIST + 1)
    if len(held) > LARGEST_LIST:
        raise ValueError(f"it has more than {LARGEST_LIST >> 20} MB")
    return held.decode("utf-8")


def _merges(lines: Sequence[str], most: int) -> list[tuple[str, str]]:
    """A pair a line below a first one that names the version; OpenAI's list goes on past what was used."""
    pairs = [line.split() for line in lines[1 if lines and "#version" in lines[0] else 0 :] if line]
    return [(a, b) for a, b in pairs[: max(0, most)]]


def _numbers(held: Any) -> dict[str, int]:
    return {str(piece): int(number) for piece, number in held.items()}
