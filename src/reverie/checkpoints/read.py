"""Checkpoints of PyTorch and safetensors files, read without executing anything in them.

found = read("ViT-B-32.pt")
found.tensors["visual.conv1.weight"]     # of torch.save (new and old), TorchScript, safetensors, or a folder of Hugging Face's
found.config                             # what else stood there, as plain dicts, lists, words and numbers
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from reverie.checkpoints.pickles import Made, Name
from reverie.checkpoints.storages import Opened, Refused, open_legacy, open_zip
from reverie.errors import BadRequest, in_a_line, printable
from reverie.held import IN_FOLDERS, within

DEEPEST = 64  # levels of a described value; a network has ten
MOST_VALUES = 2_000_000  # visited while a value is taken apart; one that shares its parts could otherwise be walked for ever
LARGEST_CONFIG = 16 << 20  # bytes of a config.json
SHARED = 4  # how many times larger than the file its tensors may be in all, since tensors can share their bytes
WRAPPERS = ("state_dict", "model_state_dict")  # where training loops put the network
OURS = ("_modules", "_parameters", "_buffers")  # levels of a pickled nn.Module that its state dict does not name
NOT_A_CHECKPOINT = (
    (b"version https://git-lfs", "is a pointer of git-lfs, not the file itself: run `git lfs pull` where it comes from"),
    (b"<", "is a web page, not a checkpoint: its address answered with an error; fetch it again"),
    (b"{", "is a text, not a checkpoint: its address answered with an error; fetch it again"),
    (b"\x1f\x8b", "is packed (gzip): unpack it first"),
    (b"Rar!", "is packed (rar): unpack it first"),
    (b"7z\xbc\xaf", "is packed (7z): unpack it first"),
    (b"\x89HDF", "is a file of Keras (HDF5), which is not read: PyTorch's and safetensors are"),
)


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    ``tensors`` are the network's by dotted name, on the CPU, as stored; they are views of the mapped file, so that one costs
    nothing until it is used (clone what should outlive the file). Where the file wraps a ``state_dict``, they are those in it,
    and ``config`` is what stood beside it; else they are all tensors there are (``avgG.formatLayer.module.weight``) and
    ``config`` is the rest. Objects of unknown classes are dicts of their attributes there. ``form`` says how the
    file was written: ``torch``, ``torch, before 2020``, ``torchscript`` or ``safetensors``.
    """

    path: Path
    form: str
    tensors: dict[str, Tensor]
    config: dict[str, Any] = field(default_factory=dict)


def read(path: str | Path) -> Checkpoint:
    """Read a checkpoint, or the folder of Hugging Face's that holds one; nothing in it is executed, nothing is written.

    Raises ``BadRequest`` with one line for what is not there, not whole, not a checkpoint, or claims what it does not hold.
    """
    path = Path(path)
    try:
        found = _folder(path) if path.is_dir() else _file(path)
        # Names are told in errors, which have one line.
        return replace(found, tensors={printable(name): tensor for name, tensor in found.tensors.items()})
    except BadRequest:
        raise
    except Refused as error:
        raise BadRequest(f"{path} {error}.") from error
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # whatever a stranger's bytes break
        raise BadRequest(f"{path} is cut short or damaged ({in_a_line(error)}): fetch it again.") from error


def _folder(path: Path) -> Checkpoint:
    inside = within(path)
    if inside is None:
        raise Refused(f"is a folder without a checkpoint: it should hold one of {', '.join(IN_FOLDERS)}")
    found, said = read(inside), path / "config.json"
    return Checkpoint(inside, found.form, found.tensors, {**found.config, **(read_json(said) if said.is_file() else {})})


def read_json(path: Path) -> dict[str, Any]:
    """A network's configuration from JSON; raises ``BadRequest`` for what is none."""
    try:
        if path.stat().st_size > LARGEST_CONFIG:
            raise ValueError(f"more than {LARGEST_CONFIG} bytes")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path} is not readable JSON ({in_a_line(error)}).") from error
    if not isinstance(found, dict):
        raise BadRequest(f"{path} is JSON, but not the configuration of a network.")
    return found


def _file(path: Path) -> Checkpoint:
    with path.open("rb") as file:
        head = file.read(512)
        if not head:
            raise Refused("is empty: fetch it again")
        if head[8:9] == b"{":  # safetensors: the length of its header, then JSON
            return _safetensors(path)
        if head.startswith(b"PK\3\4"):
            opened = open_zip(path, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        elif head.startswith(b"\x80"):
            opened = open_legacy(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        else:
            raise Refused(_otherwise(head))
    return _taken_apart(path, opened)


def _otherwise(head: bytes) -> str:
    for mark, reason in NOT_A_CHECKPOINT:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(mark):
            return reason
    if head.isascii() and b"\0" not in head:
        return "is a text, not a checkpoint: fetch it again"
    return "is neither a checkpoint of PyTorch's (.ckpt, .pt, .pth, .bin) nor a safetensors file"


def _safetensors(path: Path) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            return Checkpoint(path, "safetensors", tensors, dict(file.metadata() or {}))
    except SafetensorError as error:
        raise Refused(f"is not a readable safetensors file ({in_a_line(error)}): fetch it again") from error


def _taken_apart(path: Path, opened: Opened) -> Checkpoint:
    root = _fields(opened.root)
    if not root:
        raise Refused("holds no network")
    wrapped = next((root[name] for name in WRAPPERS if _fields(root.get(name))), None)
    parts = _Parts(opened)
    config = {} if wrapped is None else _Parts(None).plain({key: value for key, value in root.items() if value is not wrapped})
    rest = parts.plain(opened.root if wrapped is None else wrapped)
    tensors, whole = parts.tensors, sum(tensor.nbytes for tensor in parts.tensors.values())
    if not tensors:
        raise Refused("holds no tensors")
    if whole > SHARED * len(opened.data):
        raise Refused(f"describes tensors of {whole} bytes in a file of {len(opened.data)}")
    if all(name.startswith("module.") for name in tensors):  # as torch.nn.DataParallel names a network
        tensors = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    return Checkpoint(path, opened.form, tensors, config if isinstance(config, dict) and config else rest if isinstance(rest, dict) else {})


def _fields(value: Any) -> Mapping[Any, Any]:
    """What a dict holds, or an object of an unknown class."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Made):
        if value.items is not None:
            return value.items
        state = value.state[1] if isinstance(value.state, tuple) and len(value.state) == 2 and value.state[0] is None else value.state
        return state if isinstance(state, dict) else {}
    return {}


class _Parts:
    """Takes a described value apart: into tensors by dotted name where there is a file to find them in, and plain values."""

    def __init__(self, opened: Opened | None) -> None:
        self.opened = opened
        self.tensors: dict[str, Tensor] = {}
        self.around: set[int] = set()  # the values that the one at hand lies in
        self.visited = 0

    def plain(self, value: Any, name: str = "") -> Any:
        """The value without its tensors, which are kept under their names; None for what is neither, or lies in itself."""
        self.visited += 1
        if len(self.around) > DEEPEST or self.visited > MOST_VALUES:
            raise Refused("describes values that lie in one another without end")
        if isinstance(value, (str, int, float, bool)):
            return value
        if isinstance(value, Name):
            return value.text
        tensor = described(value)
        if tensor is not None:
            if self.opened is not None:
                self.tensors[name.removeprefix(".")] = self.opened.tensor(*tensor)
            return None
        if id(value) in self.around:  # OmegaConf's nodes know what they lie in
            return None
        self.around.add(id(value))
        try:
            return self._inside(value, name)
        finally:
            self.around.discard(id(value))

    def _inside(self, value: Any, name: str) -> Any:
        if isinstance(value, (list, tuple)):
            return [self.plain(inner, f"{name}.{i}") for i, inner in enumerate(value)]
        found = {}
        for key, inner in _fields(value).items():
            word = key.text if isinstance(key, Name) else str(key) if isinstance(key, (str, int)) else "?"
            found[word] = self.plain(inner, name if word in OURS else f"{name}.{word}")
        return {word: inner for word, inner in found.items() if inner is not None} or None


def described(value: Any) -> tuple[Any, Any, Any, Any] | None:
    """Storage, offset, size and stride of what PyTorch would make a tensor or parameter of; None for anything else."""
    for _ in range(DEEPEST):
        if not isinstance(value, Made):
            return None
        match value.of, value.args:
            case (("torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2"), (storage, offset, size, stride, *_)):
                return storage, offset, size, stride
            case (("torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state"), (inner, *_)):
                value = inner
            case "torch._tensor._rebuild_from_type_v2", (Name(text=made), _, args, _) if isinstance(args, tuple):
                value = Made(made, args)
            case _:
                return None
    return None
