"""CLIP from OpenAI's, open_clip's and Hugging Face's files, by Reverie's own network: no other package is needed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reverie import clip_tokens
from reverie.clip_tokens import ClipTokenizer
from reverie.errors import BadRequest
from reverie.library import path_of
from reverie.nets.clip import CLIP
from reverie.options.clip import Options
from reverie.perceptors import clip_files
from reverie.perceptors.lens import CLIP_MEAN, CLIP_STD, MANY, SHARE, Lens, said_beside
from reverie.tokens import whole_words


class ClipPerceptor:
    """Views of 224 pixels, for most. The picture is scaled as in training inside ``look``."""

    share = SHARE
    steady = True

    def __init__(self, network: CLIP, tokens: ClipTokenizer, lens: Lens, device: torch.device, cut: bool = False) -> None:
        self.network = network.fold().to(device, memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
        self.tokens, self.lens, self.device, self.cut = tokens, lens, device, cut
        self.tower, self.scale = self.network.visual, float(self.network.logit_scale.exp())
        self.size, self.dim = network.config.size, network.config.dim
        self.limit, self.count = 0 if cut else tokens.length - 2, tokens.count
        self.multilingual = len(tokens.numbers) >= MANY

    def known(self) -> frozenset[str]:
        return whole_words(self.tokens.numbers)

    def read(self, texts: Sequence[str]) -> Tensor:
        return self.network.read(torch.tensor(self.tokens(texts, self.cut), device=self.device))

    def look(self, views: Tensor) -> Tensor:
        return self.network.look(self.lens(views))


def build(options: Options, device: torch.device) -> ClipPerceptor:
    if not options.weights:
        raise BadRequest(
            "clip needs weights: --perceptor ./ViT-B-32.pt, or ViT-B/32 after `reverie models pull ViT-B/32`, or -o clip.weights=FILE, "
            "where FILE is OpenAI's .pt, open_clip's .bin, .pt or .safetensors, or a folder of Hugging Face's. 'mini' is the perceptor "
            "that comes with Reverie."
        )
    weights = path_of(options.weights)
    merges = clip_tokens.find(weights if weights.is_dir() else weights.parent, options.merges)  # before hundreds of megabytes are read
    network, path = clip_files.load(str(weights), options.activation)
    tokens = clip_tokens.load(merges, network.config.vocabulary, network.config.length)
    return ClipPerceptor(network, tokens, Lens.said(said_beside(path.parent), CLIP_MEAN, CLIP_STD, device), device, options.cut)
