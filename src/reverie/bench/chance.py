"""Networks of chance weights in full size, in the files in which people have them, so that a peer and Reverie read the same.

Speed does not depend on the weights. The files are made once, in Reverie's cache.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from reverie.files import write_file
from reverie.nets.biggan import BigGAN, BigGANConfig
from reverie.nets.clip import CLIP, CLIPConfig, Stack, ViTConfig
from reverie.nets.vqgan import VQGAN, VQGANConfig
from reverie.weights import save_network

VIT_B_32 = CLIPConfig(512, ViTConfig(224, 32, Stack(768, 12, 12, 3072)), Stack(512, 12, 8, 2048), 77, 49408)
F16_1024 = VQGANConfig()
# biggan-deep-512: seven doublings, attention at 64x64.
DEEP_512 = BigGANConfig(
    layers=(
        (False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8), (True, 8, 8), (False, 8, 8),
        (True, 8, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1), (False, 1, 1), (True, 1, 1),
    ),
    attention_layer_position=8,
)  # fmt: skip


def clip(path: Path, config: CLIPConfig = VIT_B_32) -> Path:
    """OpenAI's archive: halves, and the sizes that stand beside the weights. Their own code fails at a bare state dict."""
    if not path.exists():
        torch.manual_seed(0)
        tensors = {name: value.half() for name, value in CLIP(config).state_dict().items()}
        sizes = {"input_resolution": config.size, "context_length": config.length, "vocab_size": config.vocabulary}
        whole = _module({**tensors, **{name: torch.tensor(value) for name, value in sizes.items()}})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TorchScript is on its way out
            _save(path, torch.jit.script(whole).save)
    return path


def _module(tensors: Mapping[str, Tensor]) -> nn.Module:
    """A module that holds tensors under these names and does nothing."""
    root = nn.Module()
    for name, value in tensors.items():
        *parents, last = name.split(".")
        place = root
        for parent in parents:
            if not hasattr(place, parent):
                place.add_module(parent, nn.Module())
            place = place.get_submodule(parent)
        place.register_buffer(last, value)
    return root


def vqgan(path: Path, config: VQGANConfig = F16_1024) -> Path:
    """taming's checkpoint, and its YAML beside it."""
    if not path.exists():
        torch.manual_seed(0)
        state = {"state_dict": VQGAN(config).state_dict()}
        write_file(path.with_suffix(".yaml"), yaml.safe_dump(_said(config)).encode(), overwrite=True)
        _save(path, lambda part: torch.save(state, part))
    return path


def _said(config: VQGANConfig) -> dict[str, Any]:
    sizes = {
        "double_z": False, "z_channels": config.z_channels, "resolution": config.resolution, "in_channels": 3, "out_ch": 3,
        "ch": config.ch, "ch_mult": list(config.ch_mult), "num_res_blocks": config.num_res_blocks,
        "attn_resolutions": list(config.attn_resolutions), "dropout": 0.0,
    }  # fmt: skip
    params = {"embed_dim": config.embed_dim, "n_embed": config.n_embed, "ddconfig": sizes, "lossconfig": {"target": "none"}}
    return {"model": {"target": "taming.models.vqgan.VQModel", "params": params}}


def biggan(path: Path, config: BigGANConfig = DEEP_512) -> Path:
    """Reverie's file."""
    if not path.exists():
        torch.manual_seed(0)
        save_network(path, "biggan", BigGAN(config), config)
    return path


def _save(path: Path, write: Callable[[str], object]) -> None:
    """Whole or not at all; straight to the disk, since it is hundreds of megabytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    write(str(part))
    part.replace(path)
