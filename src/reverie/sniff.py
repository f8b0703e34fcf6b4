"""Whether a file is what its name says, by its first and last bytes: hosts answer with web pages, and disks cut files off."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import is_zipfile

HEAD = 512  # bytes that are enough to tell
LONGEST_HEADER = 100_000_000  # safetensors' own limit
_ZIP = b"PK\x03\x04"
_PICKLE = (b"\x80", _ZIP)  # a pickle since protocol 2, or the zip archive that PyTorch writes
_STARTS = {
    ".ckpt": _PICKLE, ".pt": _PICKLE, ".pth": _PICKLE, ".th": _PICKLE, ".bin": _PICKLE,
    ".json": (b"{", b"["), ".zip": (_ZIP,),
}  # fmt: skip
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<script")


def is_page(head: bytes, content_type: str = "") -> bool:
    """Whether a web page came instead: a login, a quota that is used up, a file that is gone."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith(_PAGE) or (content_type.lower().startswith("text/html") and start.startswith(b"<"))


def wrong_start(name: str, head: bytes) -> str:
    """Why a file of this name cannot begin so; empty where it can."""
    suffix = Path(name).suffix.lower()
    if not head:
        return "is empty"
    if suffix == ".safetensors":
        right = len(head) > 8 and head[8:9] == b"{"
    elif suffix in (".yaml", ".yml", ".txt"):
        right = b"\0" not in head
    else:
        start = head.lstrip() if suffix == ".json" else head
        right = suffix not in _STARTS or start.startswith(_STARTS[suffix])
    return "" if right else f"does not begin as a {suffix} file does"


def wrong_end(path: Path) -> str:
    """Why a file is not whole, for the kinds that say where they end (safetensors and zip archives); empty where it may be."""
    with path.open("rb") as file:
        head = file.read(8)
        if ".safetensors" in path.suffixes:
            header = int.from_bytes(head, "little")
            try:
                told = json.loads(file.read(header)) if header <= LONGEST_HEADER else {}
                ends = [int(tensor["data_offsets"][1]) for name, tensor in told.items() if name != "__metadata__"]
            except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
                return "has no readable header"
            size, held = 8 + header + max(ends, default=0), path.stat().st_size
            return "" if size == held else f"has {held:,} bytes, where its header tells of {size:,}"
    return "" if not head.startswith(_ZIP) or is_zipfile(path) else "is cut off: its archive has no end"
