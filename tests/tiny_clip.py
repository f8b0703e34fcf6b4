"""Tiny CLIPs in the files that people have: OpenAI's archive, state dicts, a tokenizer's list, each whole and real."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from reverie.clip_tokens import LIST, ClipTokenizer
from reverie.nets.clip import CLIP, CLIPConfig, Stack, ViTConfig
from reverie.nets.clip_resnet import ResNetConfig

MERGES = (("r", "e"), ("re", "d</w>"), ("f", "o"), ("fo", "x</w>"), ("b", "l"), ("bl", "u"), ("blu", "e</w>"))
VOCABULARY = 2 * 256 + len(MERGES) + 2
WORDS = Stack(64, 2, 1, 128)
VIT = CLIPConfig(16, ViTConfig(32, 16, Stack(128, 2, 2, 256)), WORDS, 16, VOCABULARY)
RESNET = CLIPConfig(16, ResNetConfig(64, 8, (1, 2, 1, 1)), WORDS, 16, VOCABULARY)


def network(config: CLIPConfig = VIT, seed: int = 0) -> CLIP:
    """A random one that no part of can be left out without being seen, in numbers that fp16 holds."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        made = CLIP(config)
        for name, value in made.state_dict().items():
            if value.ndim == 1:
                value += 0.1 * torch.randn_like(value).abs()
            if value.ndim == 4:
                value.mul_(2.4)  # He's gain: PyTorch's own lets a picture fade to nothing in a dozen layers
            if name.endswith("ding.weight"):
                value.mul_(0.3)
            value.copy_(value.half())
    return made.eval().requires_grad_(False)


def tokenizer(length: int = 16) -> ClipTokenizer:
    return ClipTokenizer.of_merges(MERGES, length)


def write_merges(folder: Path, name: str = LIST.removesuffix(".gz")) -> Path:
    """OpenAI's list, which goes on past what was used, or Hugging Face's merges.txt, which does not."""
    lines = ["#version: 0.2", *map(" ".join, MERGES)]
    if name != "merges.txt":
        lines = ['"bpe_simple_vocab_16e6.txt#version: 0.2', *lines[1:], "o f</w>", "t h"]
    (folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder / name


def write_archive(path: Path, tensors: Mapping[str, Tensor]) -> Path:
    """TorchScript, in halves, with the sizes that stand in OpenAI's beside the weights."""
    root = nn.Module()
    sizes = {name: torch.tensor(1) for name in ("input_resolution", "context_length", "vocab_size")}
    for name, value in {**{name: value.half() for name, value in tensors.items()}, **sizes}.items():
        *parents, last = name.split(".")
        place = root
        for parent in parents:
            if not hasattr(place, parent):
                place.add_module(parent, nn.Module())
            place = getattr(place, parent)
        place.register_buffer(last, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript is on its way out
        torch.jit.script(root).save(path)
    return path
