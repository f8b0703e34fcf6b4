"""Pictures with captions from a folder of one's own, by the imagefolder convention, checked whole before anything is learnt.

A caption is the text of ``metadata.jsonl`` (a line ``{"file_name": "a.png", "text": "a red fox"}`` per picture, names
relative to that file) or of a ``.txt`` beside the picture; subfolders may have their own. Pictures are kept in memory,
scaled down to little more than what is learnt from: 19 KB each for clip, 77 KB for vqgan, 3 KB for sketch.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from reverie.data.plain import Plain
from reverie.errors import BadRequest
from reverie.images import load_picture, to_tensor
from reverie.tokens import words
from reverie.weights import fingerprint

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
OTHERS = (".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif")
METADATA = "metadata.jsonl"
LARGEST = 4 << 30  # bytes of pictures in memory
MARGIN = 1.25  # what is kept around a crop
SHOWN = 10  # how many of a trouble are listed


@dataclass(frozen=True)
class Folder:
    """Upright squares uint8 [N,3,S,S], cut from the pictures' middle, and what each shows; captions are empty where not asked for."""

    pictures: Tensor
    captions: tuple[str, ...]

    @classmethod
    def read(cls, path: Path, size: int, captions: bool = True) -> Folder:
        """All pictures below ``path``, in the order of their names, with sides of ``size`` pixels.

        Raises ``BadRequest`` when there are none or too many, and one that lists the pictures that cannot be read and,
        with ``captions``, those that have none.
        """
        path, troubles = path.resolve(), _Troubles()
        try:
            found = _pictures(path)
            told = _captions(path, found, troubles) if captions else [""] * len(found)
        except OSError as error:
            raise BadRequest(f"{error.filename or path} cannot be read: {error.strerror or error}.") from error
        room = LARGEST // (3 * size * size)
        if len(found) > room:
            raise BadRequest(f"{path} holds {len(found):,} pictures, of which {room:,} fit into {LARGEST >> 30} GiB: train from fewer.")
        pictures = torch.empty(len(found), 3, size, size, dtype=torch.uint8)
        for place, picture in enumerate(found):
            try:
                if picture.suffix.lower() in OTHERS:
                    raise BadRequest(f"{str(picture)!r} is no PNG, JPEG or WebP.")
                pictures[place] = (to_tensor(load_picture(picture), size, size)[0] * 255).round().byte()
            except BadRequest as error:
                troubles.broken.append(str(error))
        troubles.tell(path)
        return cls(pictures, tuple(told))

    def fingerprint(self) -> str:
        """Tells one set of pictures and captions from another."""
        told = json.dumps(self.captions)
        return fingerprint(self.pictures) + hashlib.blake2b(told.encode(), digest_size=4).hexdigest()


@dataclass(frozen=True)
class _Troubles:
    """What is wrong with a folder, told all at once."""

    broken: list[str] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    def tell(self, path: Path) -> None:
        line = '{"file_name": "NAME", "text": "what it shows"}'
        kinds = (
            (self.broken, "pictures cannot be learnt from", "Mend them, or move them out of the folder."),
            (self.metadata, f"lines of {METADATA} say nothing of a picture", f"A line is {line}, the name relative to the {METADATA}."),
            (self.silent, "pictures have no caption", f"Write one into a .txt of the same name, or a line {line} into {METADATA}."),
        )
        parts = [_listed(found, what, mend) for found, what, mend in kinds if found]
        if parts:
            raise BadRequest("\n".join([f"{path} cannot be learnt from as it is; nothing was started.", *parts]))


def _listed(found: Sequence[str], what: str, mend: str) -> str:
    more = [f"  ... and {len(found) - SHOWN:,} more"] if len(found) > SHOWN else []
    return "\n".join([f"{len(found):,} {what}:", *(f"  {one}" for one in found[:SHOWN]), *more, mend])


def _files(path: Path) -> list[Path]:
    """Every file below the folder, by name; what starts with a dot is not the reader's."""

    def refused(error: OSError) -> None:
        raise error

    found = []
    for folder, inner, names in os.walk(path, onerror=refused):
        inner[:] = [name for name in inner if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    return sorted(found)


def _pictures(path: Path) -> list[Path]:
    found = [file for file in (_files(path) if path.is_dir() else ()) if file.suffix.lower() in (*SUFFIXES, *OTHERS)]
    if not found:
        exists = "no PNG, JPEG or WebP" if path.is_dir() else "no such folder"
        raise BadRequest(
            f"There are no training pictures at {path} ({exists}): give a folder of pictures with captions, "
            "or make the built-in ones with `reverie train data`."
        )
    return found


def _captions(path: Path, found: Sequence[Path], troubles: _Troubles) -> list[str]:
    """The caption of each picture, in one line; empty, and a trouble, where there is none."""
    told: dict[Path, str] = {}
    for file in _files(path):
        if file.name == METADATA:
            told |= _metadata(file, set(found), troubles)
    captions = []
    for picture in found:
        beside = picture.with_suffix(".txt")
        text = told.get(picture) or (_text(beside) if beside.is_file() else "")
        captions.append(" ".join(text.split()))
        if not words(text):
            troubles.silent.append(str(picture))
    return captions


def _metadata(file: Path, found: set[Path], troubles: _Troubles) -> dict[Path, str]:
    told: dict[Path, str] = {}
    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
            name, text = str(content["file_name"]), content["text"]
        except (ValueError, TypeError, KeyError, RecursionError):
            troubles.metadata.append(f"{file}:{number}: no JSON object with file_name and text")
            continue
        picture = Path(os.path.normpath(file.parent / name))
        if picture not in found:
            troubles.metadata.append(f"{file}:{number}: there is no picture {name!r}")
        elif isinstance(text, str):
            told[picture] = text
    return told


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8-sig", "replace")


class CropMaker:
    """Draws batches of a folder's pictures; the same seed and step draw the same batch, every picture once per round.

    ``moving`` crops at random and mirrors, but for captions that speak of left or right; else the middle is shown as it is.
    ``hands`` number the pictures of one caption, so that who learns to draw it can tell them apart.
    """

    def __init__(self, folder: Folder, size: int, seed: int, hands: int = 1, moving: bool = True) -> None:
        self.folder, self.size, self.seed, self.hands, self.moving = folder, size, seed, hands, moving
        seen: Counter[str] = Counter()
        self.rank = []
        for caption in folder.captions:
            self.rank.append(seen[caption])
            seen[caption] += 1
        self.sided = [bool({"left", "right"} & set(words(caption))) for caption in folder.captions]
        self.kin = [min(seen[caption], hands) for caption in folder.captions]

    def __call__(self, count: int, step: int) -> Plain:
        dice = random.Random(f"folder {self.seed}/{step}")
        rows = self._rows(step * count, count)
        images = torch.stack([self._crop(row, dice) for row in rows]).float() / 255
        hands = [dice.choice(range(self.rank[row] % self.kin[row], self.hands, self.kin[row])) for row in rows]
        return Plain(images, [self.folder.captions[row] for row in rows], torch.tensor(hands))

    def _rows(self, first: int, count: int) -> list[int]:
        """Which pictures come at these places of an endless row of shuffled rounds."""
        total = len(self.folder.captions)
        rows: list[int] = []
        for turn in range(first // total, (first + count - 1) // total + 1):
            order = list(range(total))
            random.Random(f"order {self.seed}/{turn}").shuffle(order)
            rows += order[max(0, first - turn * total) : first + count - turn * total]
        return rows

    def _crop(self, row: int, dice: random.Random) -> Tensor:
        picture = self.folder.pictures[row]
        spare = picture.shape[-1] - self.size
        y, x = (dice.randint(0, spare), dice.randint(0, spare)) if self.moving else (spare // 2, spare // 2)
        crop = picture[:, y : y + self.size, x : x + self.size]
        return crop.flip(-1) if self.moving and not self.sided[row] and dice.random() < 0.5 else crop
