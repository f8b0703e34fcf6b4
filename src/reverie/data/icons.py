"""The icon sets that the built-in models learn from: fetched from npm by name, rendered, packed in one file.

Nothing here is needed to paint. Licences: noto, noto-v1 and fxemoji Apache-2.0, fluent-emoji and
fluent-emoji-flat MIT, twemoji CC-BY-4.0 (attributed in the model card); emojibase-data MIT. EmojiOne is
fetched for evaluation only and never packed with the training sets.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from reverie.data.concepts import Concept, choose, plain
from reverie.errors import BadRequest, Failed
from reverie.files import write_file
from reverie.weights import fingerprint

TRAINING_SETS = {
    "noto": "1.2.9",
    "noto-v1": "1.2.5",
    "fxemoji": "1.2.2",
    "fluent-emoji": "1.2.7",
    "fluent-emoji-flat": "1.2.6",
    "twemoji": "1.2.5",
}
TEST_SETS = {"emojione": "1.2.3"}
NAMES_VERSION = "17.0.0"
UNNAMED = (2, 9, None)  # emojibase's groups of parts and flags, and letters, which have none


@dataclass(frozen=True)
class Icons:
    """Drawings with alpha and what each one shows.

    ``pictures`` is uint8 [N,4,S,S] with colour premultiplied by alpha; ``concept`` int64 [N] indexes ``concepts``;
    ``synonyms`` are words that nobody drew, each with the things that it is like and how much (``synonyms.py``);
    ``names`` are all that could be asked for in an exam, drawn here or not.
    """

    pictures: Tensor
    concept: Tensor
    concepts: tuple[Concept, ...]
    synonyms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def save(self, path: Path) -> None:
        """Write one file, atomically: the pictures as lossless WebP, which takes an eighteenth of their bytes."""
        words = json.dumps([[c.name, list(c.keywords), list(c.labels)] for c in self.concepts])
        files = [_to_webp(picture) for picture in self.pictures]
        packed = {
            "webp": torch.frombuffer(bytearray(b"".join(files)), dtype=torch.uint8),
            "ends": torch.tensor([len(file) for file in files]).cumsum(0),
            "concept": self.concept,
        }
        told = {"concepts": words, "synonyms": json.dumps(self.synonyms), "names": json.dumps(self.names)}
        write_file(path, save(packed, metadata=told), overwrite=True)

    @classmethod
    def load(cls, path: Path) -> Icons:
        """Raises ``BadRequest`` when there is no such file or it holds no drawings."""
        if not path.is_file():
            raise BadRequest(f"There are no training pictures at {path}: make them with `reverie train data`, or say where with --data.")
        try:
            with safe_open(path, framework="pt") as file:
                words = json.loads(file.metadata()["concepts"])
                concepts = tuple(Concept(name, tuple(keys), tuple(labels)) for name, keys, labels in words)
                packed, ends = file.get_tensor("webp").numpy().tobytes(), file.get_tensor("ends").tolist()
                pictures = [_from_webp(packed[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
                synonyms, names = (json.loads(file.metadata().get(part, empty)) for part, empty in (("synonyms", "{}"), ("names", "[]")))
                return cls(torch.stack(pictures), file.get_tensor("concept"), concepts, synonyms, tuple(names))
        except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
            raise BadRequest(f"{path} holds no training pictures ({error}): make it again with `reverie train data --force`.") from error

    def only(self, names: Collection[str]) -> Icons:
        """The drawings of the concepts of these names alone."""
        kept = [i for i, number in enumerate(self.concept.tolist()) if self.concepts[number].name in names]
        used = sorted(set(self.concept[kept].tolist()))
        place = {number: i for i, number in enumerate(used)}
        concept = torch.tensor([place[number] for number in self.concept[kept].tolist()], dtype=torch.long)
        return Icons(self.pictures[kept], concept, tuple(self.concepts[number] for number in used))

    def fingerprint(self) -> str:
        """Tells one packed set from another."""
        names = json.dumps([[c.name, list(c.keywords)] for c in self.concepts] + [self.synonyms] * bool(self.synonyms))
        return fingerprint((self.pictures, self.concept)) + hashlib.blake2b(names.encode(), digest_size=4).hexdigest()


def _to_webp(picture: Tensor) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy()).save(file, "WEBP", lossless=True, exact=True)
    return file.getvalue()


def _from_webp(data: bytes) -> Tensor:
    pixels = np.array(Image.open(io.BytesIO(data)).convert("RGBA"))
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def npm_pack(package: str, version: str, folder: Path) -> Path:
    """Fetch one npm package's archive into ``folder`` (once) and give its path.

    Raises ``BadRequest`` without npm, ``Failed`` when the package cannot be had.
    """
    archive = folder / f"{package.lstrip('@').replace('/', '-')}-{version}.tgz"
    if archive.exists():
        return archive
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as beside:  # so that what was cut short is not taken for the archive
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        try:
            subprocess.run(command, cwd=beside, check=True, capture_output=True, text=True)
            os.replace(Path(beside) / archive.name, archive)
        except FileNotFoundError as error:
            raise BadRequest("The icons come from npm, and there is no npm here: install Node.js, which brings it.") from error
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout).strip().splitlines() or [f"exit code {error.returncode}"]
            raise Failed(f"npm could not fetch {package}@{version}: {said[0]}") from error
    return archive


def _member(archive: Path, name: str) -> Any:
    try:
        with tarfile.open(archive, "r:gz") as tar:
            file = tar.extractfile(f"package/{name}")
            assert file is not None  # a folder of that name
            return json.load(io.TextIOWrapper(file, encoding="utf-8"))
    except (tarfile.TarError, zlib.error, OSError, EOFError, KeyError, ValueError) as error:
        raise Failed(f"{archive} is damaged ({error}): delete it, and it is fetched again.") from error


def concepts_from_npm(folder: Path, every: bool = False) -> list[Concept]:
    """The paintable concepts, by the committed rules, from emojibase's English names; with ``every`` all others too, as they are
    called.
    """
    names = npm_pack("emojibase-data", NAMES_VERSION, folder)
    emoji, groups = _member(names, "en/data.json"), _member(names, "meta/groups.json")
    chosen = choose(emoji, groups["subgroups"])
    if every:
        taken = {label for concept in chosen for label in concept.labels}
        chosen += [Concept(plain(one["label"]), (), (one["label"],)) for one in emoji if one["label"] not in taken]
    return chosen


def names_from_npm(folder: Path) -> tuple[str, ...]:
    """Every name that emojibase has, as concepts are called, but those of flags and of parts (hair, skin, letters)."""
    emoji = _member(npm_pack("emojibase-data", NAMES_VERSION, folder), "en/data.json")
    apart = {one["label"] for one in emoji if one.get("group") in UNNAMED}
    return tuple(dict.fromkeys(one.name for one in concepts_from_npm(folder, every=True) if one.labels and not set(one.labels) & apart))


def render(body: str, box: tuple[float, float, float, float], size: int) -> Tensor:
    """An icon's SVG body as premultiplied uint8 [4,size,size]; ``box`` is left, top, width, height."""
    import resvg_py  # a training-only dependency (the `train` extra)

    view = " ".join(str(value) for value in box)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view}">{body}</svg>'
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size))
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), dtype=np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255
    return torch.from_numpy(pixels.round().astype(np.uint8)).permute(2, 0, 1).contiguous()


def pack(folder: Path, sets: dict[str, str], count: range = range(1, 100), size: int = 96, every: bool = False) -> Icons:
    """Render every drawing in ``sets`` of the paintable concepts, or of ``every`` one, that have ``count`` drawings."""
    concepts = concepts_from_npm(folder, every)
    drawings: list[tuple[int, Tensor]] = []
    for name, version in sets.items():
        found = _member(npm_pack(f"@iconify-json/{name}", version, folder), "icons.json")
        for number, concept in enumerate(concepts):
            for body, box in _drawings(found, concept):
                drawings.append((number, render(body, box, size)))
    counts = Counter(number for number, _ in drawings)
    kept = sorted(number for number, found in counts.items() if found in count)
    drawings = [(number, picture) for number, picture in drawings if number in set(kept)]
    place = {number: i for i, number in enumerate(kept)}
    return Icons(
        torch.stack([picture for _, picture in drawings]),
        torch.tensor([place[number] for number, _ in drawings]),
        tuple(concepts[number] for number in kept),
    )


def _drawings(found: dict[str, Any], concept: Concept) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """The bodies and boxes of one set's icons for a concept; sets name icons by label, with dashes or without."""
    width, height = found.get("width", 16), found.get("height", 16)
    for label in concept.labels:
        slug = plain(label).replace(" ", "-")
        for name in (slug, slug.replace("-", "")):
            icon = found["icons"].get(name)
            if icon is not None:
                wide, high = icon.get("width", width), icon.get("height", height)
                side = max(wide, high)
                left = icon.get("left", 0) - (side - wide) / 2
                top = icon.get("top", 0) - (side - high) / 2
                yield icon["body"], (left, top, side, side)
                break
