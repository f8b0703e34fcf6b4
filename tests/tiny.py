"""Tiny real networks: like the large ones in everything but size, in files that dreams can name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from reverie import build
from reverie.dream import Dream
from reverie.nets.biggan import BigGAN, BigGANConfig
from reverie.nets.miniclip import MiniCLIP, MiniCLIPConfig
from reverie.nets.progan import ProGAN, ProGANConfig
from reverie.nets.vqgan import VQGAN, VQGANConfig
from reverie.plan import Plan
from reverie.step import Engine
from reverie.tokens import Tokenizer
from reverie.weights import save_network

Options = dict[str, dict[str, Any]]

CAPTIONS = ("a red fox", "a blue bird on a tree", "the green frog", "a red apple on a blue table", "a castle", "stone and water") * 3
CODES = VQGANConfig(
    ch=8, groups=4, ch_mult=(1, 2), num_res_blocks=1, attn_resolutions=(), resolution=32, z_channels=8, embed_dim=8, n_embed=32
)
EYES = MiniCLIPConfig(size=32, dim=16, widths=(8, 16), vocabulary=128, length=8, text_width=16, text_layers=1)
KINDS = BigGANConfig(
    z_dim=4, class_embed_dim=4, channel_width=8, num_classes=5, layers=((True, 2, 2), (True, 2, 1)), attention_layer_position=1, n_stats=3
)
GROWN = ProGANConfig(latent=8, first=8, scales=(8, 8))
CPU = torch.device("cpu")


def vqgan(config: VQGANConfig = CODES, seed: int = 0) -> VQGAN:
    """A random one whose pictures depend on its codes and leave 0..1 here and there."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        network = VQGAN(config)
        network.quantize.embedding.weight.normal_(0, 0.1)  # a step of the rate reaches the next code
        network.decoder.conv_out.weight.mul_(4)
    return network.eval()


def biggan(config: BigGANConfig = KINDS, seed: int = 0) -> BigGAN:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BigGAN(config).eval()


def progan(config: ProGANConfig = GROWN, seed: int = 0) -> ProGAN:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ProGAN(config).eval()


def clip(config: MiniCLIPConfig = EYES, seed: int = 0) -> MiniCLIP:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MiniCLIP(config).eval()


def tokenizer() -> Tokenizer:
    return Tokenizer.learn(CAPTIONS, EYES.vocabulary, EYES.length)


def save(folder: Path) -> Options:
    """Both networks in files, and the options by which a dream paints with them."""
    save_network(folder / "vqgan.safetensors", "vqgan", vqgan(), CODES)
    save_network(folder / "biggan.safetensors", "biggan", biggan(), KINDS)
    save_network(folder / "progan.safetensors", "progan", progan(), GROWN)
    save_network(folder / "clip.safetensors", "clip", clip(), EYES, pieces=tokenizer().pieces)
    kept = {"vqgan": "vqgan", "biggan": "biggan", "progan": "progan", "mini": "clip"}
    found: Options = {name: {"weights": str(folder / f"{file}.safetensors")} for name, file in kept.items()}
    return found | {"logits": found["vqgan"], "siren": {"layers": 3, "width": 16}}


def dream(options: Options, prompts: Any = "a red fox", **fields: Any) -> Dream:
    """A small, quick dream of exact arithmetic; options of components that it does not use are left out."""
    fields = {"generator": "pixels", "size": 32, "steps": 3, "views": 4, "init": "random", "precision": "fp32"} | fields
    used = {name: value for name, value in options.items() if name in (fields["generator"], "mini", "cutouts", "init", "resemblance")}
    return Dream(prompts, **fields, options=used)


def engine(dreams: Sequence[Dream], chunk: int = 256) -> Engine:
    return build.engine(dreams, Plan(CPU, bf16=False, chunk=chunk))
