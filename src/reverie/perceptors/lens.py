"""What the perceptors that others trained share: how views are scaled, which part of the frame they cover, what lies beside weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

# Mean and standard deviation of CLIP's training pictures, red, green and blue.
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
# They learnt from photographs and crops of them. The originals of 2021 cut from the perceptor's own size (224 pixels of a frame
# of 400: 0.56) or from half of the frame (big-sleep) up to the whole; smaller ones name details and know no composition.
SHARE = (0.5, 1.0)
# Pieces of a vocabulary that is of many languages. Of open_clip's configurations (3.3) those of English ones say 32,000 (SigLIP), 49,408
# (CLIP) or 64,000, and SigLIP2's, SigLIP-i18n's and the worldwide CLIPs' 250,000 or more.
MANY = 100_000


def said_beside(folder: Path) -> dict[str, Any]:
    """What the configurations in a folder say, one over the other: Hugging Face's, and open_clip's ``model_cfg`` and ``preprocess_cfg``."""
    said: dict[str, Any] = {}
    for name in ("config.json", "preprocessor_config.json", "open_clip_config.json"):
        try:
            held = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        said |= held if isinstance(held, dict) else {}
    return said


def part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a configuration; empty where it is none."""
    found = said.get(name)
    return found if isinstance(found, dict) else {}


class Words(NamedTuple):
    """How texts become rows of numbers, as the network takes them: pieces that are read at once, how many a text has, the vocabulary."""

    read: Callable[[Sequence[str]], Any]
    count: Callable[[str], int]
    limit: int
    pieces: Collection[str]


class Lens:
    """Views in 0..1 to what a network was trained to see."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], device: torch.device) -> None:
        self.mean = torch.tensor(mean, device=device).view(1, 3, 1, 1)
        self.std = torch.tensor(std, device=device).view(1, 3, 1, 1)

    @classmethod
    def said(cls, said: Mapping[str, Any], mean: Sequence[float], std: Sequence[float], device: torch.device) -> Lens:
        """As the configurations beside the weights say (some of open_clip's were trained with means of 0.5), else as given."""
        opened = part(said, "preprocess_cfg")
        means, stds = said.get("image_mean", opened.get("mean")), said.get("image_std", opened.get("std"))
        return cls(means if _three(means) else mean, stds if _three(stds) and all(stds) else std, device)

    def __call__(self, views: Tensor) -> Tensor:
        return torch.addcmul(-self.mean / self.std, views, 1 / self.std)


def _three(values: Any) -> bool:
    return isinstance(values, list) and len(values) == 3 and all(isinstance(value, (int, float)) for value in values)
