"""VQGAN, GumbelVQ and the transformer beside CompVis/taming-transformers itself, from a checkout that REVERIE_TAMING names."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from originals import Near, checkout
from torch import nn

from reverie.nets.gpt import GPT, GPTConfig
from reverie.weights import load_vqgan

SIZES = {
    "double_z": False, "z_channels": 16, "resolution": 64, "in_channels": 3, "out_ch": 3, "ch": 32, "ch_mult": [1, 1, 2, 4],
    "num_res_blocks": 2, "attn_resolutions": [8], "dropout": 0.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def tamings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its modules can be imported; what its transformer wants of transformers has long left that package."""
    monkeypatch.syspath_prepend(checkout("TAMING"))
    stub = ModuleType("transformers")
    stub.top_k_top_p_filtering = None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers", stub)


def whole(gumbel: bool) -> Any:
    from taming.modules.diffusionmodules.model import Decoder, Encoder
    from taming.modules.vqvae.quantize import GumbelQuantize, VectorQuantizer2

    torch.manual_seed(1)
    made = nn.Module()
    made.encoder, made.decoder = Encoder(**SIZES), Decoder(**SIZES)
    made.quant_conv, made.post_quant_conv = nn.Conv2d(16, 16, 1), nn.Conv2d(16, 16, 1)
    made.quantize = GumbelQuantize(16, 16, n_embed=64) if gumbel else VectorQuantizer2(64, 16, beta=0.25)
    nn.init.normal_((made.quantize.embed if gumbel else made.quantize.embedding).weight)
    return made.eval()


@pytest.mark.parametrize("gumbel", [False, True])
@torch.no_grad()
def test_it_encodes_and_decodes_alike(tmp_path: Path, gumbel: bool, near: Near) -> None:
    theirs, images = whole(gumbel), torch.rand(2, 3, 64, 96) * 2 - 1
    torch.save({"state_dict": theirs.state_dict()}, tmp_path / "vqgan.ckpt")
    ours = load_vqgan(str(tmp_path / "vqgan.ckpt"))
    encoded = theirs.quant_conv(theirs.encoder(images))
    near("encoded", ours.encode(images), encoded, 1e-4)
    codes = theirs.quantize.proj(encoded).argmax(1) if gumbel else theirs.quantize(encoded)[2][2].view(2, 8, 12)
    assert torch.equal(ours.quantize.named(encoded), codes)
    vectors = ours.quantize.vectors(codes)
    near("decoded", ours.decode(vectors), theirs.decoder(theirs.post_quant_conv(vectors)), 1e-4)


@torch.no_grad()
def test_its_transformer_says_the_same(near: Near) -> None:
    from taming.modules.transformer import mingpt

    torch.manual_seed(1)
    theirs, ours = mingpt.GPT(50, 20, n_layer=3, n_head=4, n_embd=32).eval(), GPT(GPTConfig(50, 20, 3, 4, 32)).eval()
    for value in theirs.parameters():
        nn.init.normal_(value, 0, 0.2)
    ours.load_state_dict({name: value for name, value in theirs.state_dict().items() if not name.endswith("mask")})
    codes = torch.randint(50, (3, 20))
    near("logits", ours(codes)[0], theirs(codes)[0], 1e-5)
