"""VQGAN beside diffusers' VQModel: its numbers in a checkpoint of taming's layout, read here, encode and decode alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from diffusers import VQModel
from originals import Near
from torch import Tensor

from reverie.nets.vqgan import VQGAN, VQGANConfig
from reverie.weights import load_vqgan

# taming's names for diffusers' layers; levels of the decoder count the other way round there.
NAMES = (
    (r"\.down\.(\d+)\.block\.", r".down_blocks.\1.resnets."),
    (r"\.down\.(\d+)\.attn\.", r".down_blocks.\1.attentions."),
    (r"\.down\.(\d+)\.downsample\.", r".down_blocks.\1.downsamplers.0."),
    (r"\.up\.(\d+)\.block\.", r".up_blocks.\1.resnets."),
    (r"\.up\.(\d+)\.attn\.", r".up_blocks.\1.attentions."),
    (r"\.up\.(\d+)\.upsample\.", r".up_blocks.\1.upsamplers.0."),
    (r"\.mid\.block_1\.", ".mid_block.resnets.0."),
    (r"\.mid\.block_2\.", ".mid_block.resnets.1."),
    (r"\.mid\.attn_1\.", ".mid_block.attentions.0."),
    (r"(attentions\.\d+)\.norm\.", r"\1.group_norm."),
    (r"(attentions\.\d+)\.(q|k|v)\.", r"\1.to_\2."),
    (r"(attentions\.\d+)\.proj_out\.", r"\1.to_out.0."),
    (r"\.nin_shortcut\.", ".conv_shortcut."),
    (r"\.norm_out\.", ".conv_norm_out."),
)


def theirs_of(name: str, levels: int) -> str:
    for pattern, other in NAMES:
        name = re.sub(pattern, other, name)
    return re.sub(r"up_blocks\.(\d+)", lambda found: f"up_blocks.{levels - 1 - int(found[1])}", name)


def tamings(model: VQModel, config: VQGANConfig) -> dict[str, Tensor]:
    """diffusers' numbers under taming's names; its attention is of linear layers, taming's of 1x1 convolutions."""
    with torch.device("meta"):
        wanted = {name: value.shape for name, value in VQGAN(config).state_dict().items()}
    kept = model.state_dict()
    return {name: kept.pop(theirs_of(name, len(config.ch_mult))).view(shape).clone() for name, shape in wanted.items()}


@pytest.mark.parametrize(("ch_mult", "attended"), [((1, 1, 2, 2, 4), 4), ((1, 2, 2, 4), 3)], ids=["taming f16", "latent-diffusion f8"])
def test_it_encodes_and_decodes_alike(tmp_path: Path, ch_mult: tuple[int, ...], attended: int, near: Near) -> None:
    torch.manual_seed(5)
    levels = len(ch_mult)
    config = VQGANConfig(
        ch=32, ch_mult=ch_mult, num_res_blocks=2, attn_resolutions=(64 >> attended,), resolution=64, z_channels=16, embed_dim=16, n_embed=64
    )
    model = VQModel(
        down_block_types=tuple("AttnDownEncoderBlock2D" if i == attended else "DownEncoderBlock2D" for i in range(levels)),
        up_block_types=tuple("AttnUpDecoderBlock2D" if i == attended else "UpDecoderBlock2D" for i in reversed(range(levels))),
        block_out_channels=tuple(32 * m for m in ch_mult), layers_per_block=2, latent_channels=16, num_vq_embeddings=64, norm_num_groups=32,
        vq_embed_dim=16,
    ).eval()  # fmt: skip
    with torch.no_grad():
        model.quantize.embedding.weight.normal_()
    torch.save({"state_dict": tamings(model, config)}, tmp_path / "vqgan.ckpt")
    ours = load_vqgan(str(tmp_path / "vqgan.ckpt"))
    images = torch.rand(2, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        encoded = ours.encode(images)
        near("encoded", encoded, model.quant_conv(model.encoder(images)), 1e-4)
        quantised, _, (_, _, indices) = model.quantize(encoded)
        assert torch.equal(ours.quantize.indices(encoded).flatten(), indices.flatten())
        near("quantised", ours.quantize(encoded), quantised, 1e-5)
        wanted = model.decode(quantised).sample
        assert wanted.std() > 0.01
        near("decoded", ours.decode(quantised), wanted, 1e-4)
