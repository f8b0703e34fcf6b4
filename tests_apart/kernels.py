"""Which operations torch has a kernel for on CUDA or MPS, by the list that it is built from itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torchgen
import yaml

LIST = Path(torchgen.__file__).parent / "packaged" / "ATen" / "native" / "native_functions.yaml"
EVERYWHERE = "Composite"  # written in other operations
# Younger than the oldest torch that Reverie runs on, or wrong until then (pytorch's issues 141287, 96056 and 190064).
LATE = {"MPS": ("grid_sampler_2d_backward", "_adaptive_avg_pool2d", "_adaptive_avg_pool2d_backward", "adaptive_max_pool2d")}


@cache
def _listed() -> dict[str, dict[str, Any]]:
    return {row["func"].split("(")[0]: row for row in yaml.load(LIST.read_text(encoding="utf-8"), yaml.CSafeLoader)}


@cache
def there(name: str, kind: str) -> bool:
    """Whether an operation, ``add.Tensor``, runs on a kind of device, ``CUDA``; what is not listed is somebody else's."""
    if name in LATE.get(kind, ()):
        return False
    row = _listed().get(name, {})
    if "structured_delegate" in row:
        return there(row["structured_delegate"], kind)
    if "ufunc_inner_loop" in row and kind == "CUDA":  # whose kernels torch generates
        return True
    kinds = [one for several in row.get("dispatch", ()) for one in several.split(", ")]
    return not kinds or any(found == kind or found.startswith(EVERYWHERE) for found in kinds)
