"""The transformer of taming-transformers' Net2NetTransformer, where it writes codes from nothing or from a class."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from reverie.checkpoints.read import Checkpoint
from reverie.checkpoints.yamls import read_yaml, yaml_of
from reverie.errors import BadRequest
from reverie.nets.gpt import GPTConfig

PREFIX = "transformer."
MASK = ".attn.mask"  # a buffer that says who sees whom


def gpt(found: Checkpoint, config: str = "") -> tuple[GPTConfig, dict[str, Tensor]]:
    """The configuration and tensors of a transformer under the names of `nets.gpt`; raises ``BadRequest`` where there is none."""
    tensors = {name.removeprefix(PREFIX): tensor for name, tensor in found.tensors.items() if name.startswith(PREFIX)}
    table, places = tensors.get("tok_emb.weight"), tensors.get("pos_emb")
    if table is None or places is None or table.dim() != 2 or places.dim() != 3:
        raise BadRequest(f"{found.path} holds no transformer of taming's: there is no tensor transformer.tok_emb.weight in it.")
    if any(name.endswith(MASK) and tensor.dim() == 4 and tensor[0, 0, 0, 1:].any() for name, tensor in tensors.items()):
        raise BadRequest(f"{found.path} holds a transformer whose first codes see those after them: it needs a picture to begin with.")
    said = _inner(_inner(read_yaml(yaml_of(found.path, config)), "model"), "params")
    heads = _inner(_inner(said, "transformer_config"), "params").get("n_head")
    if not isinstance(heads, int):
        raise BadRequest(f"{found.path} needs its YAML beside it, under the same name: weights do not tell a transformer's heads (n_head).")
    classes, start = _condition(said, found)
    layers = next(i for i in range(len(tensors) + 1) if f"blocks.{i}.ln1.weight" not in tensors)
    made = GPTConfig(table.shape[0], places.shape[1], layers, heads, table.shape[1], classes, start)
    return made, {name: tensor for name, tensor in tensors.items() if not name.endswith(MASK)}


def _inner(said: Any, name: str) -> dict[str, Any]:
    """A part of a YAML, empty where there is none of that name."""
    inner = said.get(name) if isinstance(said, dict) else None
    return inner if isinstance(inner, dict) else {}


def _condition(said: dict[str, Any], found: Checkpoint) -> tuple[int, int]:
    """How many classes a picture can be begun with; or none, and the code that all begin with."""
    order = str(_inner(said, "permuter_config").get("target", ".Identity"))
    if not order.endswith(".Identity"):
        raise BadRequest(f"{found.path} writes its codes in another order than from left to right ({order}).")
    if said.get("cond_stage_config") == "__is_unconditional__" or said.get("unconditional"):
        start = said.get("sos_token", 0)
        return 0, start if isinstance(start, int) else 0
    stage = _inner(said, "cond_stage_config")
    target, classes = str(stage.get("target", said.get("cond_stage_config"))), _inner(stage, "params").get("n_classes")
    if not (target.endswith(".Labelator") and isinstance(classes, int) and classes > 0):
        raise BadRequest(f"{found.path} writes codes for something that it must be shown ({target}), not from a class or from nothing.")
    return classes, 0
