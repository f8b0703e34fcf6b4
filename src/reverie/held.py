"""Which network a file holds, and who reads it: said by Reverie's own header, or guessed from tensors' names; no torch is needed.

The names stand in clear at the start of every checkpoint, so that a few of them tell whose it is. The guess only chooses who
reads the file; that reader then looks at everything.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO
from zipfile import BadZipFile, ZipFile

from reverie.errors import BadRequest

LONGEST_HEADER = 100_000_000  # safetensors' own limit
LOOKED_AT = 8 << 20  # bytes of names: those of a large checkpoint with its optimiser take 2 MB
# Files of Hugging Face's folders, the best first.
IN_FOLDERS = ("model.safetensors", "pytorch_model.bin", "open_clip_model.safetensors", "open_clip_pytorch_model.bin")

# A part of a tensor's name that only this kind of network has.
MARKS: Mapping[bytes, str] = MappingProxyType({b"quantize.embed": "vqgan", b"generator.gen_z": "biggan", b"scaleLayers.": "progan"})

# The file in which, and the folder with which, `reverie train` leaves a network of this kind; and who reads it.
TRAINED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "generator": {"vqgan": "vqgan", "biggan": "biggan", "progan": "progan"},
        "perceptor": {"clip": "mini"},
    }
)
# Who reads perceptors that others trained, and by which option: a folder by its config.json's model_type, all else by clip.
MODEL_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType({"clip": ("hf", "model"), "siglip": ("hf", "model")})
OPENCLIP = "open_clip_config.json"
HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def component_at(kind: str, path: Path) -> tuple[str, dict[str, str]]:
    """The component that reads the network at a path, and the options that tell it so; ``BadRequest`` where there is none.

    What is wrong with a file, its reader says.
    """
    trained = TRAINED[kind]
    if kind == "perceptor" and hub_folder(path.as_posix()):
        return "hf", {"model": path.as_posix()}
    found = (_file if path.is_file() else _folder)(kind, path)
    if found is not None:
        component, option, place = found
        return component, {option: str(place)}
    files = " or ".join(f"{held}.safetensors" for held in trained)
    others = "or to CLIP's or SigLIP's weights" if kind == "perceptor" else "or to a checkpoint (.ckpt, .pt, .pth)"
    problem = "holds none" if path.exists() else "is not there"
    raise BadRequest(
        f"There is no {kind} at {str(path)!r}: a path leads to a {files}, to the folder that holds it, {others}, and this one {problem}."
    )


def _file(kind: str, path: Path) -> tuple[str, str, Path]:
    trained, ours = TRAINED[kind], by_header(path)
    if kind == "perceptor" and not ours:
        return "clip", "weights", path
    return trained.get(ours or by_names(path), next(iter(trained.values()))), "weights", path


def _folder(kind: str, path: Path) -> tuple[str, str, Path] | None:
    for held, component in TRAINED[kind].items():
        if (path / f"{held}.safetensors").is_file():
            return component, "weights", path / f"{held}.safetensors"
    if kind == "generator":
        reader = TRAINED[kind].get(by_names(path))
        return (reader, "weights", path) if reader else None
    component, option = _said(path) or ("clip", "weights")
    return (component, option, path) if component != "clip" or (path / OPENCLIP).is_file() or within(path) else None


def _said(path: Path) -> tuple[str, str] | None:
    """Who reads a folder whose config.json names the type of its model."""
    try:
        return MODEL_TYPES.get(str(json.loads((path / "config.json").read_text(encoding="utf-8"))["model_type"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def hub_cache() -> Path:
    """Where Hugging Face's own programs keep what they fetched, by the same variables."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()


def hub_folder(name: str) -> Path | None:
    """The folder in that cache of what the hub calls ``owner/name``; None where it is not there, or lies here under that path."""
    if not HUB_NAME.fullmatch(name) or Path(name).exists():
        return None
    folder = hub_cache() / f"models--{name.replace('/', '--')}"
    return folder if folder.is_dir() else None


def within(path: Path) -> Path | None:
    """The checkpoint that a path leads to: the file itself, or the one in a folder of Hugging Face's; None where there is none."""
    return next((file for file in (path, *(path / name for name in IN_FOLDERS)) if file.is_file()), None)


def by_header(path: Path) -> str:
    """What a safetensors file of Reverie's says that it holds; empty for anything else. Only its header is read."""
    try:
        with path.open("rb") as file:
            return str(json.loads(json.loads(_header(file))["__metadata__"]["reverie"])["kind"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def by_names(path: Path) -> str:
    """What the names of its tensors say that another's checkpoint, or folder with one, holds; empty where they say nothing."""
    file = within(path)
    names = _names(file) if file is not None else b""
    return next((kind for mark, kind in MARKS.items() if mark in names), "")


def _header(file: IO[bytes]) -> bytes:
    length = int.from_bytes(file.read(8), "little")
    return file.read(length) if length < LONGEST_HEADER else b""


def _names(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(9)
            if not head.startswith(b"PK\3\4"):  # a pickle, or the JSON of a safetensors file
                return file.read(LOOKED_AT) if head.startswith(b"\x80") or head.endswith(b"{") else b""
            with ZipFile(file) as archive:
                index = next((name for name in archive.namelist() if name.endswith("data.pkl")), "")
                with archive.open(index) as member:
                    return member.read(LOOKED_AT)
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError, BadZipFile, EOFError):
        return b""
