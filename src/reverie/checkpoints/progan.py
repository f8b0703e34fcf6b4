"""pytorch_GAN_zoo's progressive GANs: the slow average of the generator, with sizes that follow from its shapes."""

from __future__ import annotations

import re

from torch import Tensor

from reverie.checkpoints.read import Checkpoint
from reverie.errors import BadRequest
from reverie.nets.progan import ProGANConfig

PREFIXES = ("avgG.", "netG.", "")  # the best first
OLD = re.compile(r"(?<!module)\.(weight|bias)$")  # layers were not wrapped in a ``module`` then


def progan(found: Checkpoint, config: str = "") -> tuple[ProGANConfig, dict[str, Tensor]]:
    """The configuration and tensors of a ProGAN under the names of `nets.progan`; raises ``BadRequest`` where there is none."""
    tensors = _own(found)
    said = found.config.get("config")
    said = said if isinstance(said, dict) else {}
    if said.get("alpha") or said.get("equalizedlR") is False or said.get("perChannelNormalization") is False:
        raise BadRequest(f"{found.path} is of a kind of ProGAN that is not painted with: half grown, or without its norms.")
    count = next(i for i in range(len(tensors) + 1) if f"scaleLayers.{i}.0.module.weight" not in tensors)
    first, latent = tensors["formatLayer.module.weight"].shape
    leak = said.get("leakyReluLeak", ProGANConfig.leak)
    scales = tuple(tensors[f"scaleLayers.{i}.0.module.weight"].shape[0] for i in range(count))
    return ProGANConfig(latent=latent, first=first // 16, scales=scales, leak=float(leak)), tensors


def _own(found: Checkpoint) -> dict[str, Tensor]:
    for prefix in PREFIXES:
        kept = {name.removeprefix(prefix): tensor for name, tensor in found.tensors.items() if name.startswith(prefix)}
        kept = {OLD.sub(r".module.\1", name.removeprefix("module.")): tensor for name, tensor in kept.items()}
        layer = kept.get("formatLayer.module.weight")
        if layer is not None and layer.dim() == 2:
            return kept
    raise BadRequest(f"{found.path} holds no ProGAN: there is no tensor avgG.formatLayer.module.weight in it.")
