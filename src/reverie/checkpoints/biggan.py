"""pytorch-pretrained-biggan's folders: ``config.json`` and ``pytorch_model.bin``, with spectral norms beside the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reverie.checkpoints.read import Checkpoint, read_json
from reverie.errors import BadRequest, in_a_line
from reverie.nets.biggan import BigGANConfig

FIELDS = ("z_dim", "class_embed_dim", "channel_width", "num_classes", "attention_layer_position", "eps", "n_stats")


def biggan(found: Checkpoint, config: str = "") -> tuple[BigGANConfig, dict[str, Tensor]]:
    """The configuration and tensors of a BigGAN-deep under the names of `nets.biggan`; raises ``BadRequest`` where there is none."""
    if "generator.conv_to_rgb.bias" not in found.tensors:
        raise BadRequest(f"{found.path} holds no BigGAN-deep: there is no tensor generator.conv_to_rgb.bias in it.")
    said = found.config if "layers" in found.config else read_json(_config(found.path, config))
    tensors = folded(found.tensors)
    for kept in ("weight", "bias"):  # as many channels as were left are computed there, of which three are looked at
        tensors[f"generator.conv_to_rgb.{kept}"] = tensors[f"generator.conv_to_rgb.{kept}"][:3]
    try:
        layers = tuple((bool(up), int(inside), int(outside)) for up, inside, outside in said["layers"])
        numbers: dict[str, Any] = {name: float(said[name]) if name == "eps" else int(said[name]) for name in FIELDS if name in said}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadRequest(f"The config.json of {found.path} is not a BigGAN's: {in_a_line(error)}.") from error
    return BigGANConfig(**numbers, layers=layers), tensors


def config_of(weights: Path) -> Path | None:
    """``config.json``, or ``biggan-deep-128-config.json`` beside ``biggan-deep-128-pytorch_model.bin``; None where there is none."""
    named = weights.with_name(weights.name.replace("pytorch_model.bin", "config.json"))
    return next((path for path in (named, weights.with_name("config.json")) if path != weights and path.is_file()), None)


def _config(weights: Path, given: str) -> Path:
    path = Path(given) if given else config_of(weights)
    if path is None:
        raise BadRequest(f"There is no config.json beside {weights}: a BigGAN's weights do not tell its layers.")
    return path


def folded(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Spectral norms (Miyato et al. 2018, arXiv 1802.05957) done once: the weight over its stored estimate of the largest singular value.

    They are known by the three names that torch gave them until 2021, ``weight_orig``, ``weight_u`` and ``weight_v``.
    """
    done = {}
    for name, tensor in tensors.items():
        stem, _, last = name.rpartition(".")
        if last == "weight_orig":
            u, v = tensors.get(f"{stem}.weight_u"), tensors.get(f"{stem}.weight_v")
            rows = tensor.float().flatten(1) if tensor.dim() > 1 else tensor.float()[:, None]
            if u is None or v is None or u.shape != rows.shape[:1] or v.shape != rows.shape[1:]:
                raise BadRequest(f"{name} has no weight_u and weight_v of its shape beside it: the checkpoint is not whole.")
            done[f"{stem}.weight"] = (tensor.float() / torch.dot(u.float(), rows @ v.float())).to(tensor.dtype)
        elif last not in ("weight_u", "weight_v"):
            done[name] = tensor
    return done
