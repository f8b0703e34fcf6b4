"""Tiny checkpoints as other people's programs write them: their names, their wrappings, and classes that nobody here has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import yaml
from tiny import KINDS, biggan, progan, vqgan
from torch import Tensor

from reverie.nets.gpt import GPT
from reverie.nets.vqgan import VQGAN, VQGANConfig

FIRST_STAGE = VQGANConfig(
    ch=32, ch_mult=(1, 2), num_res_blocks=1, attn_resolutions=(16,), resolution=32, z_channels=8, embed_dim=8, n_embed=32
)
GUMBEL = replace(FIRST_STAGE, gumbel=True)
SQUARE = replace(FIRST_STAGE, resolution=8, attn_resolutions=(4,))  # of 4x4 codes
Tensors = dict[str, Tensor]


@contextmanager
def foreign(*names: str) -> Iterator[list[type]]:
    """Classes by dotted names, in modules that are there while a checkpoint is written and gone when it is read."""
    made, before = [], set(sys.modules)
    for name in names:
        module, _, title = name.rpartition(".")
        parts = module.split(".")
        for i in range(len(parts)):
            sys.modules.setdefault(".".join(parts[: i + 1]), ModuleType(".".join(parts[: i + 1])))
        made.append(type(title, (), {"__module__": module}))
        setattr(sys.modules[module], title, made[-1])
    try:
        yield made
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]


def save(value: Any, path: Path, new: bool = True) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=new)
    return path


def taming_tensors(network: VQGAN, prefix: str = "") -> Tensors:
    """The state dict of taming's VQModel or GumbelVQ, with what only its training needs."""
    kept = network.state_dict()
    if network.config.gumbel:
        kept["quantize.embed.weight"] = kept.pop("quantize.embedding.weight")
    kept |= {"loss.perceptual_loss.lin0.model.1.weight": torch.ones(1, 4, 1, 1), "loss.discriminator.main.0.bias": torch.ones(4)}
    return {prefix + name: value for name, value in kept.items()}


def lightning(tensors: Tensors, path: Path, new: bool = True) -> Path:
    """What pytorch-lightning 1.0 left: callbacks by their class, the moments of two optimisers, hyper-parameters as objects."""
    names = ("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint", "omegaconf.dictconfig.DictConfig")
    with foreign(*names) as (callback, config):
        hyper = config()
        hyper.__dict__.update(_content={"ch": 32}, _parent=hyper)
        moments = {"state": {0: {"step": 9, "exp_avg": torch.ones(5)}}, "param_groups": [{"lr": 4.5e-6, "betas": (0.5, 0.9)}]}
        callbacks = {callback: {"best_model_score": torch.tensor(0.5), "best_model_path": "logs/last.ckpt"}}
        whole = {"epoch": 7, "global_step": 99, "pytorch-lightning_version": "1.0.8", "callbacks": callbacks}
        return save(whole | {"optimizer_states": [moments] * 2, "state_dict": tensors, "hyper_parameters": hyper}, path, new)


def taming_yaml(config: VQGANConfig, path: Path, **change: Any) -> Path:
    """taming's configuration of a VQGAN, with what is beside it there."""
    same = {name: getattr(config, name) for name in ("z_channels", "resolution", "ch", "num_res_blocks")}
    lists = {name: list(getattr(config, name)) for name in ("ch_mult", "attn_resolutions")}
    ddconfig = {"double_z": False, "in_channels": 3, "out_ch": 3, "dropout": 0.0} | same | lists
    params = {"embed_dim": config.embed_dim, "n_embed": config.n_embed, "ddconfig": ddconfig} | change
    target = "taming.models.vqgan.GumbelVQ" if config.gumbel else "taming.models.vqgan.VQModel"
    whole = {"model": {"base_learning_rate": 4.5e-6, "target": target, "params": params}, "data": {"target": "main.DataModuleFromConfig"}}
    path.write_text(yaml.safe_dump(whole))
    return path


def taming(folder: Path, config: VQGANConfig = FIRST_STAGE, new: bool = True) -> Path:
    """A VQGAN of taming's with its YAML; what it paints is ``tiny.vqgan(config)``'s."""
    taming_yaml(config, folder / "vqgan.yaml")
    return lightning(taming_tensors(vqgan(config)), folder / "vqgan.ckpt", new)


def net2net(folder: Path, network: GPT, stage: Any) -> Path:
    """A Net2NetTransformer of taming's: a transformer, its masks, and ``tiny.vqgan(SQUARE)`` as its first stage."""
    taming_yaml(SQUARE, folder / "whole.yaml")
    inner = yaml.safe_load((folder / "whole.yaml").read_text())["model"]
    sizes = {name: getattr(network.config, name) for name in ("vocab_size", "block_size", "n_layer", "n_head", "n_embd")}
    writer = {"target": "taming.modules.transformer.mingpt.GPT", "params": sizes}
    params = {"transformer_config": writer, "first_stage_config": inner, "cond_stage_config": stage, "sos_token": 3}
    model = {"target": "taming.models.cond_transformer.Net2NetTransformer", "params": params}
    (folder / "whole.yaml").write_text(yaml.safe_dump({"model": model}))
    size = network.config.block_size
    masks = {f"transformer.blocks.{i}.attn.mask": torch.ones(1, 1, size, size).tril() for i in range(network.config.n_layer)}
    tensors = {f"transformer.{name}": value for name, value in network.state_dict().items()}
    return lightning(masks | tensors | taming_tensors(vqgan(SQUARE), "first_stage_model."), folder / "whole.ckpt")


def spectral(tensors: Tensors) -> Tensors:
    """Weights as torch's spectral norm keeps them: twice as large as wanted, with vectors that know it."""
    kept = {}
    for name, value in tensors.items():
        if not name.endswith("weight") or name in ("embeddings.weight", "generator.bn.weight"):
            kept[name] = value
            continue
        u, s, v = torch.linalg.svd(value.flatten(1), full_matrices=False)
        kept |= {f"{name}_orig": value * 2, f"{name}_u": u[:, 0] / s[0], f"{name}_v": v[0]}
    return kept


def pretrained_biggan(folder: Path, new: bool = False) -> Path:
    """pytorch-pretrained-biggan's folder; what it paints is ``tiny.biggan()``'s."""
    folder.mkdir(exist_ok=True)
    tensors = biggan().state_dict()
    for name in ("generator.conv_to_rgb.weight", "generator.conv_to_rgb.bias"):  # it computes as many channels as were left
        tensors[name] = torch.cat((tensors[name], torch.ones(KINDS.channel_width - 3, *tensors[name].shape[1:])))
    save(spectral(tensors), folder / "pytorch_model.bin", new)
    said = (
        '{"output_dim": 16, "z_dim": 4, "class_embed_dim": 4, "channel_width": 8, "num_classes": 5, "attention_layer_position": 1, '
        '"eps": 1e-4, "n_stats": 3, "layers": [[true, 2, 2], [true, 2, 1]]}'
    )
    (folder / "config.json").write_text(said)
    return folder


def gan_zoo(path: Path, average: bool = True, wrapped: bool = True, new: bool = False, **config: Any) -> Path:
    """A checkpoint of pytorch_GAN_zoo's; what it paints is ``tiny.progan()``'s, or with no average ``tiny.progan(seed=1)``'s."""
    with foreign("models.utils.config.BaseConfig") as (base,):
        said = base()
        said.__dict__.update(
            {"alpha": 0, "leakyReluLeak": 0.2, "depthScale0": 8, "equalizedlR": True, "perChannelNormalization": True} | config
        )

        def named(tensors: Tensors) -> Tensors:
            return tensors if wrapped else {name.replace(".module.", "."): value for name, value in tensors.items()}

        whole = {"config": said, "netG": named(progan(seed=1).state_dict()), "netD": {"decisionLayer.module.weight": torch.ones(1, 8)}}
        return save(whole | ({"avgG": named(progan().state_dict())} if average else {}), path, new)
