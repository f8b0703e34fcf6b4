"""taming-transformers' and latent-diffusion's VQGANs: which network a checkpoint holds follows from its tensors' shapes.

A YAML that stands beside it is held against them, so that a wrong one is refused; its ``target`` is a name that nobody looks up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from reverie.checkpoints.read import Checkpoint
from reverie.checkpoints.yamls import read_yaml, yaml_of
from reverie.errors import BadRequest
from reverie.nets.vqgan import VQGANConfig

PREFIXES = ("first_stage_model.", "")  # inside a Net2NetTransformer or a latent diffusion model, or on its own
# Only training needs these: losses with their VGG and discriminator, slow averages, the map of used codes, colours of labels.
DROPPED = ("loss.", "model_ema.", "quantize.used", "colorize")


def vqgan(found: Checkpoint, config: str = "") -> tuple[VQGANConfig, dict[str, Tensor]]:
    """The configuration and tensors of a VQGAN under the names of `nets.vqgan`; raises ``BadRequest`` where there is none."""
    tensors = _own(found)
    said = _params(read_yaml(yaml_of(found.path, config)))
    resolution = said.get("ddconfig", {}).get("resolution", VQGANConfig.resolution)
    measured = _measured(tensors, resolution if isinstance(resolution, int) else VQGANConfig.resolution, found.path)
    wrong = list(_contradictions(said, measured))
    if wrong:
        mend = "Put its own beside it under the same name, or give it by -o vqgan.config=FILE.yaml."
        raise BadRequest(f"The YAML is not that of {found.path}: {'; '.join(wrong)}. {mend}")
    return measured, tensors


def _own(found: Checkpoint) -> dict[str, Tensor]:
    for prefix in PREFIXES:
        kept = {name.removeprefix(prefix): tensor for name, tensor in found.tensors.items() if name.startswith(prefix)}
        if "quantize.embedding.weight" in kept or "quantize.embed.weight" in kept:
            renamed = {name.replace("quantize.embed.", "quantize.embedding."): tensor for name, tensor in kept.items()}
            return {name: tensor for name, tensor in renamed.items() if not name.startswith(DROPPED)}
    raise BadRequest(f"{found.path} holds no VQGAN: there is no tensor quantize.embedding.weight or quantize.embed.weight in it.")


def _measured(tensors: dict[str, Tensor], resolution: int, path: Path) -> VQGANConfig:
    """What the shapes say. ``resolution`` only gives the levels with attention their names."""

    def size(name: str, axis: int = 0) -> int:
        if name not in tensors or tensors[name].dim() <= axis:
            raise BadRequest(f"{path} holds a part of a VQGAN: there is no tensor {name} of the right shape in it.")
        return tensors[name].shape[axis]

    def many(name: str) -> int:
        return next(i for i in range(len(tensors) + 1) if name.format(i) not in tensors)

    levels, ch = many("encoder.down.{}.block.0.conv1.weight"), size("encoder.conv_in.weight")
    if size("encoder.conv_in.weight", 1) != 3:
        raise BadRequest(f"{path} holds a VQGAN for {size('encoder.conv_in.weight', 1)} channels, not for pictures, which have 3.")
    widths = [size(f"encoder.down.{level}.block.0.conv1.weight") for level in range(levels)]
    return VQGANConfig(
        ch=ch,
        ch_mult=tuple(width // max(ch, 1) for width in widths),
        num_res_blocks=many("encoder.down.0.block.{}.conv1.weight"),
        attn_resolutions=tuple(resolution >> level for level in range(levels) if f"encoder.down.{level}.attn.0.q.weight" in tensors),
        resolution=resolution,
        z_channels=size("encoder.conv_out.weight"),
        embed_dim=size("quantize.embedding.weight", 1),
        n_embed=size("quantize.embedding.weight"),
        mid_attention="encoder.mid.attn_1.q.weight" in tensors,
        gumbel="quantize.proj.weight" in tensors,
    )


def _params(said: Any) -> dict[str, Any]:
    """What a YAML says of the VQGAN, also where it is the first stage of something else; with its ``target``."""
    for name in ("model", "first_stage_config"):
        inner = said.get(name) if isinstance(said, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("params"), dict):
            said = {**inner["params"], "target": str(inner.get("target", ""))}
    said = said if isinstance(said, dict) else {}
    return said if isinstance(said.get("ddconfig"), dict) else {}


def _contradictions(said: dict[str, Any], measured: VQGANConfig) -> Iterator[str]:
    ddconfig = said.get("ddconfig", {})
    pairs = {
        **{name: ddconfig.get(name) for name in ("ch", "ch_mult", "num_res_blocks", "attn_resolutions", "z_channels")},
        **{name: said.get(name) for name in ("embed_dim", "n_embed")},
    }
    for name, value in pairs.items():
        found = getattr(measured, name)
        value = tuple(value) if isinstance(value, list) else value
        if name == "attn_resolutions" and isinstance(value, tuple):  # in any order
            value, found = sorted(value, key=str), sorted(found, key=str)
        if value is not None and value != found:
            yield f"{name} is {value} there, but {found} in the checkpoint"
    if said and ("gumbel" in said["target"].lower()) != measured.gumbel:
        yield f"its target is {said['target']}, but the codebook is {'a Gumbel one' if measured.gumbel else 'a plain one'}"
