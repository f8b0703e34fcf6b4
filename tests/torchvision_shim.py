"""Lets torchvision's CUDA build be imported beside a CPU build of torch: it registers what its library, which does not load there, would.

open_clip imports torchvision, and no build for CPUs lies in the registry that the tests use. Names of 0.28.0.
"""

from __future__ import annotations

from importlib.util import find_spec

import torch

OPERATORS = (
    "nms", "qnms", "roi_align", "qroi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d", "_roi_align_backward",
    "_roi_pool_backward", "_ps_roi_align_backward", "_ps_roi_pool_backward", "_deform_conv2d_backward",
)  # fmt: skip


def register() -> object:
    """Keep what is returned: the operators go with it."""
    library = torch.library.Library("torchvision", "DEF")
    if torch.version.cuda is None and find_spec("torchvision"):
        for name in OPERATORS:
            library.define(f"{name}(Tensor x) -> Tensor")
    return library
