"""A perceptor's vectors in files: what somebody computed elsewhere, to be painted. Numbers alone are read, nothing is executed."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.errors import BadRequest, in_a_line
from reverie.files import reason, write_file
from reverie.paths import cache_dir

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".npy", ".safetensors")
INLINE = "data:application/octet-stream;base64,"  # a vector that is written out, in 32-bit numbers, the least byte first
LARGEST = 64_000_000  # bytes; a vector has some 4,000, and there may be one for each of many views


def vectors_dir() -> Path:
    """Where vectors are kept that were given as numbers and not as files. Not created here."""
    return cache_dir() / "vectors"


def load_vector(path: str | Path) -> Tensor:
    """[D], unit length: the vector in a ``.npy`` or ``.safetensors`` file, or where several, [N,D], point together.

    Raises ``BadRequest`` for a file that is missing, damaged, too large or holds anything else.
    """
    import torch

    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST:,} bytes")
        found = _numpy(path) if path.suffix.lower() == ".npy" else _safetensors(path)
        if found.dim() not in (1, 2) or not found.numel() or found.is_complex():
            raise ValueError(f"its shape is {'x'.join(map(str, found.shape)) or 'that of one number'}, not D or NxD")
        rows = torch.nn.functional.normalize(found.float().reshape(-1, found.shape[-1]), dim=-1)
        mean = rows.mean(0)
        if not mean.isfinite().all() or mean.norm() < 1e-6:
            raise ValueError("it points nowhere, being zero or not finite")
    except OSError as error:
        raise BadRequest(f"The vector {str(path)!r} cannot be read: {reason(error)}.") from None
    except Exception as error:  # whatever a stranger's bytes break
        said = f"{str(path)!r} holds no vector, as .npy or .safetensors of D or NxD numbers do: {in_a_line(error)}."
        raise BadRequest(said) from error
    return torch.nn.functional.normalize(mean, dim=0)


def packed(vector: Tensor) -> str:
    """The vector [D] as a text that recipes can hold."""
    return INLINE + base64.b64encode(vector.detach().cpu().float().numpy().astype("<f4").tobytes()).decode()


def unpacked(text: str) -> Tensor:
    """[D], unit length: the vector that ``packed`` wrote; raises ``BadRequest`` for what is none."""
    import numpy as np
    import torch

    try:
        numbers = np.frombuffer(base64.b64decode(text.removeprefix(INLINE), validate=True), "<f4")
        vector = torch.from_numpy(numbers.astype(np.float32))
    except ValueError as error:
        raise BadRequest(f"A vector that is written out in --more or --less is damaged ({error}).") from None
    if not len(vector) or not vector.isfinite().all() or vector.norm() < 1e-6:
        raise BadRequest("A vector that is written out in --more or --less points nowhere, being empty, zero or not finite.")
    return torch.nn.functional.normalize(vector, dim=0)


def _numpy(path: Path) -> Tensor:
    """Mapped first, so that what it claims is held against what it has before memory is given away."""
    import numpy as np
    import torch

    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(mapped, np.ndarray) or mapped.dtype.kind not in "fiu":
        raise ValueError("it is no array of numbers")
    return torch.from_numpy(mapped.astype(np.float32))


def _safetensors(path: Path) -> Tensor:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        names = list(file.keys())
        if len(names) != 1:
            raise ValueError(f"it has {len(names)} tensors ({', '.join(names)[:60]}), not one")
        return file.get_tensor(names[0])


def keep_vector(values: Any) -> Path:
    """The file, by its hash, of a vector [D] or [N,D] given as a tensor, an array or a list: a recipe can only name files.

    Raises ``BadRequest`` for what is no vector, ``Failed`` where it cannot be written.
    """
    import torch
    from safetensors.torch import save

    try:
        tensor = torch.as_tensor(values).detach().cpu().float().contiguous()
    except (TypeError, ValueError, RuntimeError) as error:
        raise BadRequest(f"A {type(values).__name__} is no vector: give numbers, [D] or [N,D], or a .npy or .safetensors file.") from error
    data = save({"vector": tensor})
    path = vectors_dir() / f"{hashlib.blake2b(data, digest_size=8).hexdigest()}.safetensors"
    if not path.exists():
        write_file(path, data, overwrite=True)
    load_vector(path)
    return path
