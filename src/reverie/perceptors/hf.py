"""CLIP and SigLIP by Hugging Face's ``transformers``, from a local folder or what its hub has left in the cache.

Nothing is fetched unless asked. Only safetensors are read, and no code that a folder brings is run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie import clip_tokens, hub
from reverie.errors import BadRequest
from reverie.options.hf import Options
from reverie.perceptors.lens import CLIP_MEAN, CLIP_STD, MANY, SHARE, Lens, Words, said_beside
from reverie.tokens import whole_words

KINDS = ("clip", "siglip")
SIGLIP_MEAN = SIGLIP_STD = (0.5, 0.5, 0.5)


class HfPerceptor:
    """A CLIPModel or SiglipModel; the picture is scaled as in training inside ``look``, at the size of the views."""

    share = SHARE

    def __init__(self, network: Any, words: Words, lens: Lens, device: torch.device) -> None:
        self.network, self.words, self.lens, self.device = network.to(device).eval().requires_grad_(False), words, lens, device
        self.limit, self.count, self.multilingual = words.limit, words.count, len(words.pieces) >= MANY
        self.tower, self.scale = self.network.vision_model, float(self.network.logit_scale.exp())
        self.size = int(network.config.vision_config.image_size)
        self.dim = int(getattr(network.config, "projection_dim", None) or network.config.vision_config.hidden_size)

    def read(self, texts: Sequence[str]) -> Tensor:
        return _unit(self.network.get_text_features(input_ids=torch.tensor(self.words.read(texts), device=self.device)))

    def known(self) -> frozenset[str]:
        return whole_words(self.words.pieces)

    def look(self, views: Tensor) -> Tensor:
        return _unit(self.network.get_image_features(pixel_values=self.lens(views)))


def _unit(found: Any) -> Tensor:
    """From 5.0 on, ``transformers`` returns all that it knows of the features, and they are the pooled output there."""
    return F.normalize((found if isinstance(found, Tensor) else found.pooler_output).float(), dim=-1)


def build(options: Options, device: torch.device) -> HfPerceptor:
    try:
        import transformers
    except ImportError as error:
        raise BadRequest(
            f"hf needs the package transformers ({error}): pip install 'reverie[hf]'. CLIP's own folders and files are read without it: "
            "--perceptor clip -o clip.weights=FOLDER."
        ) from error
    folder = _folder(options)
    said = said_beside(folder)
    kind = said.get("model_type")
    if kind not in KINDS:
        raise BadRequest(f"{folder} is no CLIP or SigLIP that transformers can read: its config.json says model_type {json.dumps(kind)}.")
    model = transformers.CLIPModel if kind == "clip" else transformers.SiglipModel
    network = hub.network(model, folder, use_safetensors=True, dtype=torch.float32)
    length, vocabulary = network.config.text_config.max_position_embeddings, network.config.text_config.vocab_size
    if kind == "clip":
        tokens = clip_tokens.load(clip_tokens.find(folder), vocabulary, length)
        limit = 0 if options.cut else length - 2
        words = Words(lambda texts: tokens(texts, options.cut), tokens.count, limit, tokens.numbers)
        return HfPerceptor(network, words, Lens.said(said, CLIP_MEAN, CLIP_STD, device), device)
    return HfPerceptor(network, _sentences(folder, length, options.cut), Lens.said(said, SIGLIP_MEAN, SIGLIP_STD, device), device)


def _folder(options: Options) -> Path:
    """Where the model lies; raises ``BadRequest`` when that is nowhere."""
    if not options.model:
        raise BadRequest("hf needs a model: --perceptor ./FOLDER, or -o hf.model=FOLDER, with a config.json and model.safetensors in it.")
    return hub.folder_of(options.model, options.download, "-o hf.download=true")


def _sentences(folder: Path, length: int, cut: bool) -> Words:
    """SigLIP's tokenizer: lower case, and padded at the right to the full length, as it was trained."""
    tokens = hub.tokenizer(folder)

    def read(texts: Sequence[str]) -> list[list[int]]:
        rows = []
        for text in texts:
            row = list(tokens(text.lower(), truncation=False)["input_ids"])
            if len(row) > length and not cut:
                raise clip_tokens.too_long(text, len(row), length, tokens.decode(row[length - 1 :], skip_special_tokens=True))
            row = row if len(row) <= length else [*row[: length - 1], row[-1]]
            rows.append(row + [tokens.pad_token_id or 0] * (length - len(row)))
        return rows

    def count(text: str) -> int:
        return len(tokens(text.lower(), truncation=False)["input_ids"]) - marks

    marks = len(tokens("", truncation=False)["input_ids"])
    return Words(read, count, 0 if cut else length - marks, tokens.get_vocab())
