"""Where the bytes of a checkpoint's tensors lie in its file, for the ways in which PyTorch has written it.

Nothing is unpacked: the file is mapped, and a tensor is a view of its part. What a file claims is held against what it is.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import torch
from torch import Tensor

from reverie.checkpoints.pickles import Made, Name, Persistent, read_pickle

LARGEST_PICKLE = 64 << 20  # bytes; a large checkpoint's has 2 MB, since the tensors lie beside it
LEGACY_MAGIC, LEGACY_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # torch.serialization's
LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a zip member: signature, lengths of its name and of the extra field

DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {
        "Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "BFloat16": torch.bfloat16,
        "Byte": torch.uint8, "Char": torch.int8, "Short": torch.int16, "Int": torch.int32, "Long": torch.int64, "Bool": torch.bool,
    }
)  # fmt: skip


class Refused(ValueError):
    """What is wrong with a file, as the rest of a sentence that begins with its name."""


@dataclass(frozen=True)
class Place:
    """The bytes of one storage: where they begin and how many there are."""

    start: int
    length: int


@dataclass(frozen=True)
class Opened:
    """A file with the value that it describes and the places of its storages by key; ``form`` is how it was written."""

    form: str
    root: Any
    data: mmap.mmap | bytes
    places: Mapping[str, Place]

    def tensor(self, storage: Any, offset: Any, size: Any, stride: Any) -> Tensor:
        """A view of a storage; raises ``Refused`` where the file does not hold what it claims."""
        dtype, key, count = storage_id(storage)
        size, stride = tuple(_count(n) for n in _tuple(size)), tuple(_count(n) for n in _tuple(stride))
        if len(size) != len(stride) or len(size) > 8:
            raise Refused("describes a tensor whose size and stride differ in length")
        whole, last = 1, _count(offset)
        for n, step in zip(size, stride, strict=True):
            whole, last = whole * n, last + max(0, n - 1) * step
        place = self.places.get(key)
        if place is None:
            raise Refused(f"does not hold the storage {key[:40]!r} that a tensor lies in")
        if count * dtype.itemsize > place.length or (whole and last >= count) or whole > count:
            claim = max(count, whole, last + 1) * dtype.itemsize
            raise Refused(f"describes a tensor of {claim} bytes in a storage of {place.length}")
        return _view(self.data, place, dtype, count).as_strided(size, stride, _count(offset)) if whole else torch.empty(size, dtype=dtype)


def _view(data: mmap.mmap | bytes, place: Place, dtype: torch.dtype, count: int) -> Tensor:
    """A storage as a flat tensor: of the file itself, or copied where it does not lie as the CPU wants it."""
    kept = torch.uint8 if dtype is torch.bool else dtype
    if place.start % dtype.itemsize or isinstance(data, bytes):
        flat = torch.frombuffer(bytearray(data[place.start : place.start + count * dtype.itemsize]), dtype=kept)
    else:
        flat = torch.frombuffer(data, dtype=kept, count=count, offset=place.start)
    return flat.bool() if dtype is torch.bool else flat


def storage_id(storage: Any) -> tuple[torch.dtype, str, int]:
    """The number format, the key and the count of numbers that a persistent id names."""
    match storage:
        case Persistent(id=("storage", Name(text=kind), str(key), _, count, *views)) if not any(view is not None for view in views):
            dtype = DTYPES.get(kind.rpartition(".")[2].removesuffix("Storage"))
            if dtype is None or not kind.startswith("torch."):
                raise Refused(f"holds numbers of a kind that is not read ({kind[:60]})")
            return dtype, key, _count(count)
    raise Refused("describes a tensor that lies in no storage")


def _count(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 48:
        raise Refused("describes a tensor by numbers that are none")
    return value


def _tuple(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Made) and value.of == "torch.Size" and value.args:
        value = value.args[0]
    if not isinstance(value, tuple):
        raise Refused("describes a tensor by numbers that are none")
    return value


def open_zip(path: Path, data: mmap.mmap) -> Opened:
    """What ``torch.save`` has written since 2020, and TorchScript: a zip archive of a pickle and a member for each storage."""
    try:
        with ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
    except (BadZipFile, NotImplementedError) as error:
        raise Refused("is cut short or damaged: the end of the archive is missing") from error
    index = [name for name in members if name == "data.pkl" or name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(index) != 1:
        raise Refused("is a zip archive, but none of PyTorch's (it has no data.pkl)")
    root = index[0].removesuffix("data.pkl")
    pickled, order = _member(members[index[0]], data), members.get(f"{root}byteorder")
    if pickled.length > LARGEST_PICKLE:
        raise Refused(f"has an index of {pickled.length} bytes, of at most {LARGEST_PICKLE}")
    if order is not None and _starts(data, _member(order, data), b"big"):
        raise Refused("was written on a machine of the other byte order")
    prefix = f"{root}data/"
    places = {name.removeprefix(prefix): _member(info, data) for name, info in members.items() if name.startswith(prefix)}
    script = any(name.startswith(f"{root}code/") for name in members)
    return Opened("torchscript" if script else "torch", read_pickle(BytesIO(_bytes(data, pickled))), data, places)


def _member(info: ZipInfo, data: mmap.mmap) -> Place:
    """Where a member's bytes lie. PyTorch never compresses, so what is compressed could only be meant to burst."""
    if info.compress_type != ZIP_STORED or info.compress_size != info.file_size or info.flag_bits & 1:
        raise Refused(f"holds a compressed member ({info.filename[:60]!r}), as PyTorch never writes")
    signature, named, extra = LOCAL_HEADER.unpack_from(data, info.header_offset)
    start = info.header_offset + LOCAL_HEADER.size + named + extra
    if signature != b"PK\3\4" or start + info.file_size > len(data):
        raise Refused(f"is damaged: {info.filename[:60]!r} lies beyond its end")
    return Place(start, info.file_size)


def _bytes(data: mmap.mmap, place: Place) -> bytes:
    return data[place.start : place.start + place.length]


def _starts(data: mmap.mmap, place: Place, word: bytes) -> bool:
    return data[place.start : place.start + len(word)] == word


def open_legacy(data: mmap.mmap) -> Opened:
    """What ``torch.save`` wrote until 2020: five pickles (two marks, the machine, the value, the order of storages), then the storages."""
    file = BytesIO(data[:LARGEST_PICKLE])
    if read_pickle(file) != LEGACY_MAGIC or read_pickle(file) != LEGACY_PROTOCOL:
        raise Refused("is a pickle, but no checkpoint of PyTorch's")
    machine, root, order = read_pickle(file), read_pickle(file), read_pickle(file)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise Refused("was written on a machine of the other byte order")
    kinds = dict(_storages(root))
    places, at = {}, file.tell()
    for key in order if isinstance(order, list) else ():
        if not isinstance(key, str) or key not in kinds:
            raise Refused("holds a storage that no tensor lies in")
        length = int.from_bytes(data[at : at + 8], "little") * kinds[key].itemsize
        places[key] = Place(at + 8, length)
        at += 8 + length
        if at > len(data):
            raise Refused(f"is cut short: a storage of {length} bytes lies beyond its end")
    return Opened("torch, before 2020", root, data, places)


def _storages(root: Any) -> Iterator[tuple[str, torch.dtype]]:
    """The key and the number format of every storage that a value speaks of."""
    waiting, seen = [root], set[int]()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Persistent) and isinstance(value.id, tuple) and value.id[:1] == ("storage",):
            dtype, key, _ = storage_id(value)
            yield key, dtype
        waiting += inside(value)


def inside(value: Any) -> list[Any]:
    """What a described value holds."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Made):
        return [value.args, value.state, value.items, value.listed]
    return []
