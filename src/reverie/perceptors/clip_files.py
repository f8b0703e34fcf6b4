"""CLIP's networks from files: OpenAI's archives and state dicts, open_clip's checkpoints, Hugging Face's folders.

All end in OpenAI's layout. What no tensor tells, whether the GELU is OpenAI's quick one, is found from what the file says of
itself or from what lies beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from reverie.checkpoints.read import Checkpoint, read
from reverie.errors import BadRequest, in_a_line
from reverie.nets.clip import CLIP, CLIPConfig, Stack, ViTConfig, config_of
from reverie.perceptors.lens import part, said_beside
from reverie.weights import assemble

OPENAIS = "input_resolution"  # stands beside the weights in OpenAI's files alone
# Stands in files and is no weight: sizes, a mask, a counter, SigLIP's bias of the loss.
NO_WEIGHTS = (OPENAIS, "context_length", "vocab_size", "attn_mask", "num_batches_tracked", "logit_bias", "position_ids")
# Words in a file's name for weights that were trained with the quick GELU.
QUICK = ("quickgelu", "quick_gelu", "openai", "metaclip", "dfn")
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "visual.class_embedding": "vision_model.embeddings.class_embedding",
        "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
        "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
        "visual.ln_pre": "vision_model.pre_layrnorm",
        "visual.ln_post": "vision_model.post_layernorm",
        "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
        "positional_embedding": "text_model.embeddings.position_embedding.weight",
        "ln_final": "text_model.final_layer_norm",
        "logit_scale": "logit_scale",
    }
)
BLOCKS: Mapping[str, str] = MappingProxyType(
    {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "attn.out_proj": "self_attn.out_proj", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
)
TOWERS: Mapping[str, str] = MappingProxyType(
    {"visual.transformer.resblocks.": "vision_model.encoder.layers.", "transformer.resblocks.": "text_model.encoder.layers."}
)


def load(weights: str, activation: str = "auto") -> tuple[CLIP, Path]:
    """The network of a file, or of a folder that holds one, and where it was; ``activation`` is auto, quickgelu or gelu.

    Raises ``BadRequest`` for what is no CLIP in one of the layouts, whole and of one shape.
    """
    found = read(weights)
    try:
        config, tensors = _understood(found, activation)
    except (KeyError, ValueError, IndexError, ZeroDivisionError, RuntimeError) as error:
        raise BadRequest(
            f"{found.path} holds no CLIP in OpenAI's, open_clip's or Hugging Face's layout ({in_a_line(error)}; it begins with "
            f"{', '.join(sorted(found.tensors)[:3])}). Other towers of open_clip's: --perceptor openclip -o openclip.model=NAME."
        ) from error
    return assemble(found.path, "clip", lambda: CLIP(config), tensors), found.path


def _understood(found: Checkpoint, activation: str) -> tuple[CLIPConfig, dict[str, Tensor]]:
    """The sizes, and the weights under OpenAI's names, in fp32, copied out of the file."""
    beside = said_beside(found.path.parent)
    tensors = {name: value for name, value in found.tensors.items() if not name.endswith(NO_WEIGHTS)}
    hugging = "vision_model.embeddings.class_embedding" in tensors
    if hugging:
        tensors = from_hugging_face(tensors)
    quick = _quick(found, beside, hugging) if activation == "auto" else activation == "quickgelu"
    config = config_of({name: tuple(value.shape) for name, value in tensors.items()}, quick)
    if hugging:
        config = _with_heads(config, beside)
    return config, {name: value.to(torch.float32, copy=True) for name, value in tensors.items()}


def _quick(found: Checkpoint, beside: Mapping[str, Any], hugging: bool) -> bool:
    """Whether the network was trained with the quick GELU, as all of OpenAI's were, and nobody's else unless it says so."""
    if found.form == "torchscript" or any(name.endswith(OPENAIS) for name in found.tensors):
        return True
    if hugging:
        return part(beside, "vision_config").get("hidden_act", "quick_gelu") == "quick_gelu"
    said = part(beside, "model_cfg").get("quick_gelu")
    if said is not None:
        return bool(said)
    return any(word in found.path.name.lower() for word in QUICK)


def _with_heads(config: CLIPConfig, beside: Mapping[str, Any]) -> CLIPConfig:
    """The heads as Hugging Face's configuration counts them; without one, those that the widths stand for."""

    def counted(stack: Stack, tower: str) -> Stack:
        heads = part(beside, tower).get("num_attention_heads")
        return replace(stack, heads=heads) if isinstance(heads, int) and 0 < heads <= stack.width and not stack.width % heads else stack

    image = config.image
    if isinstance(image, ViTConfig):
        image = replace(image, stack=counted(image.stack, "vision_config"))
    return replace(config, image=image, text=counted(config.text, "text_config"))


def from_hugging_face(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of ``transformers``' CLIPModel under OpenAI's names; what has none there keeps its own."""
    rest = dict(tensors)
    found: dict[str, Tensor] = {}
    for ours, theirs in NAMES.items():
        _move(rest, found, theirs, ours)
    for ours, theirs in (("visual.proj", "visual_projection.weight"), ("text_projection", "text_projection.weight")):
        if theirs in rest:
            found[ours] = rest.pop(theirs).T
    for ours, theirs in TOWERS.items():
        for number in sorted({name.removeprefix(theirs).split(".")[0] for name in tensors if name.startswith(theirs)}):
            for mine, other in BLOCKS.items():
                _move(rest, found, f"{theirs}{number}.{other}", f"{ours}{number}.{mine}")
            for kind in ("weight", "bias"):
                parts = [rest.pop(f"{theirs}{number}.self_attn.{one}_proj.{kind}", None) for one in "qkv"]
                whole = [one for one in parts if one is not None]
                if len(whole) == 3:
                    found[f"{ours}{number}.attn.in_proj_{kind}"] = torch.cat(whole)
    return {**rest, **found}


def _move(rest: dict[str, Tensor], found: dict[str, Tensor], theirs: str, ours: str) -> None:
    """One tensor, or a layer's weight and bias."""
    for end in ("", ".weight", ".bias"):
        if theirs + end in rest:
            found[ours + end] = rest.pop(theirs + end)
