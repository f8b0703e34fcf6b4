"""Other people's checkpoints as Reverie's own safetensors: converted once, kept in the cache, with where they came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from reverie import held
from reverie.checkpoints.biggan import biggan, config_of
from reverie.checkpoints.fit import blank, misfits
from reverie.checkpoints.gpt import gpt
from reverie.checkpoints.progan import progan
from reverie.checkpoints.read import Checkpoint, read
from reverie.checkpoints.vqgan import vqgan
from reverie.checkpoints.yamls import yaml_of
from reverie.errors import BadRequest, in_a_line
from reverie.files import write_file
from reverie.nets.biggan import BigGAN
from reverie.nets.gpt import GPT
from reverie.nets.progan import ProGAN
from reverie.nets.vqgan import VQGAN
from reverie.paths import cache_dir

VERSION = 1  # of what is made of a checkpoint: what an older one made is not used again

Converter = Callable[[Checkpoint, str], tuple[Any, dict[str, Tensor]]]
KINDS: Mapping[str, tuple[Converter, Callable[[Any], nn.Module]]] = MappingProxyType(
    {"vqgan": (vqgan, VQGAN), "biggan": (biggan, BigGAN), "progan": (progan, ProGAN), "gpt": (gpt, GPT)}
)
# The file beside a checkpoint that says what network it is of, where there is one.
BESIDE: Mapping[str, Callable[[Path], Path | None]] = MappingProxyType({"vqgan": yaml_of, "biggan": config_of, "gpt": yaml_of})


def converted(path: Path, kind: str, config: str = "") -> Path:
    """The safetensors file made of a checkpoint, or of a folder with one; read again only when it or its configuration has changed.

    ``config`` is the file of its configuration where that does not stand beside it. Raises ``BadRequest`` for what is not
    a whole network of this kind.
    """
    source = held.within(path)
    if source is None:
        raise BadRequest(f"There is no checkpoint at {str(path)!r}.")
    said = Path(config) if config else BESIDE[kind](source) if kind in BESIDE else None
    kept = _kept(source, kind, said)
    if kept.is_file():
        return kept
    found = read(path)
    try:
        made, tensors = KINDS[kind][0](found, config)
    except BadRequest as error:
        looks = held.by_names(path)
        hint = f" It looks like {looks}: give it as --generator {path}." if looks not in ("", kind) else ""
        raise BadRequest(f"{error}{hint}") from error
    except Exception as error:  # whatever a stranger's numbers break
        raise BadRequest(f"{path} is no {kind} that can be read ({in_a_line(error)}).") from error
    try:
        network = blank(lambda: KINDS[kind][1](made))
    except Exception as error:  # whatever a stranger's numbers break
        raise BadRequest(f"{path} has a configuration of which no {kind} can be made ({in_a_line(error)}).") from error
    wrong = misfits(network, tensors)
    if wrong:
        raise BadRequest(f"{path} does not hold a whole {kind}: {wrong}.")
    origin = {**_origin(source), "form": found.form} | ({"config": _origin(said)} if said else {})
    header = {"reverie": json.dumps({"kind": kind, "config": asdict(made), "source": origin, "converter": VERSION})}
    return write_file(kept, save({name: _stored(tensor) for name, tensor in tensors.items()}, metadata=header), overwrite=True)


def _stored(tensor: Tensor) -> Tensor:
    """As it was, with bytes of its own."""
    return tensor.to(torch.float32 if tensor.dtype is torch.float64 else tensor.dtype).contiguous().clone()


def _kept(source: Path, kind: str, config: Path | None) -> Path:
    """Where the converted file lies: found by where its source and the configuration lie, their lengths and when they were changed,
    all of which cost nothing."""
    marks: list[object] = [VERSION, kind]
    for path in [source, *([config] if config else [])]:
        try:
            marks += [path.resolve(), path.stat().st_size, path.stat().st_mtime_ns]
        except OSError as error:
            raise BadRequest(f"{path} cannot be read: {error.strerror or error}.") from error
    digest = hashlib.blake2b("\n".join(map(str, marks)).encode(errors="surrogateescape"), digest_size=8).hexdigest()
    return cache_dir() / "converted" / f"{kind}-{digest}.safetensors"


def _origin(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"name": path.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}
