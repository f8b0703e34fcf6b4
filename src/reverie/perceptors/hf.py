"""CLIP and SigLIP by Hugging Face's ``transformers``, from a local folder or what its hub has left in the cache.

Nothing is fetched unless asked. Only safetensors are read, and no code that a folder brings is run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie import clip_tokens
from reverie.errors import BadRequest, in_a_line
from reverie.held import hub_cache
from reverie.library import path_of
from reverie.options.hf import Options
from reverie.perceptors.lens import CLIP_MEAN, CLIP_STD, SHARE, Lens, said_beside

FILES = ("*.json", "*.txt", "*.model", "*.safetensors")  # of a hub's folder; never pickles
KINDS = ("clip", "siglip")
SIGLIP_MEAN = SIGLIP_STD = (0.5, 0.5, 0.5)

Reader = Callable[[Sequence[str]], list[list[int]]]


class HfPerceptor:
    """A CLIPModel or SiglipModel; the picture is scaled as in training inside ``look``, at the size of the views."""

    share = SHARE

    def __init__(self, network: Any, reader: Reader, lens: Lens, device: torch.device) -> None:
        self.network, self.reader, self.lens, self.device = network.to(device).eval().requires_grad_(False), reader, lens, device
        self.tower, self.scale = self.network.vision_model, float(self.network.logit_scale.exp())
        self.size = int(network.config.vision_config.image_size)
        self.dim = int(getattr(network.config, "projection_dim", None) or network.config.vision_config.hidden_size)

    def read(self, texts: Sequence[str]) -> Tensor:
        return _unit(self.network.get_text_features(input_ids=torch.tensor(self.reader(texts), device=self.device)))

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
    network = _network(transformers.CLIPModel if kind == "clip" else transformers.SiglipModel, folder)
    length, vocabulary = network.config.text_config.max_position_embeddings, network.config.text_config.vocab_size
    if kind == "clip":
        tokens = clip_tokens.load(clip_tokens.find(folder), vocabulary, length)
        return HfPerceptor(network, lambda texts: tokens(texts, options.cut), Lens.said(said, CLIP_MEAN, CLIP_STD, device), device)
    return HfPerceptor(network, _sentences(folder, length, options.cut), Lens.said(said, SIGLIP_MEAN, SIGLIP_STD, device), device)


def _folder(options: Options) -> Path:
    """Where the model lies; raises ``BadRequest`` when that is nowhere."""
    if not options.model:
        raise BadRequest("hf needs a model: --perceptor ./FOLDER, or -o hf.model=FOLDER, with a config.json and model.safetensors in it.")
    folder = path_of(options.model)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(options.model, cache_dir=hub_cache(), local_files_only=not options.download, allow_patterns=list(FILES))
        )
    except Exception as error:  # whatever a network and a cache can do
        mend = "" if options.download else " Fetch it by -o hf.download=true."
        raise BadRequest(f"There is no folder {options.model!r}, nor is it in Hugging Face's cache ({in_a_line(error)}).{mend}") from error


def _network(kind: Any, folder: Path) -> Any:
    """The network, whole: what a file leaves out would have been filled with noise, without an error."""
    with _quiet():
        try:
            network, info = kind.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
        except Exception as error:  # whatever a stranger's files break
            raise BadRequest(f"{folder} cannot be read as a {kind.__name__} ({in_a_line(error)}).") from error
    missing = sorted({*info.get("missing_keys", ()), *(str(one[0]) for one in info.get("mismatched_keys", ()))})
    if missing:
        raise BadRequest(f"{folder} is not whole: {', '.join(missing[:3])} ({len(missing)} in all) are not in it, or misshapen.")
    return network


def _sentences(folder: Path, length: int, cut: bool) -> Reader:
    """SigLIP's tokenizer: lower case, and padded at the right to the full length, as it was trained."""
    from transformers import AutoTokenizer

    with _quiet():
        try:
            tokens = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:
            raise BadRequest(f"{folder} has no tokenizer that can be read ({in_a_line(error)}).") from error

    def read(texts: Sequence[str]) -> list[list[int]]:
        rows = []
        for text in texts:
            row = list(tokens(text.lower(), truncation=False)["input_ids"])
            if len(row) > length and not cut:
                raise clip_tokens.too_long(text, len(row), length, tokens.decode(row[length - 1 :], skip_special_tokens=True))
            row = row if len(row) <= length else [*row[: length - 1], row[-1]]
            rows.append(row + [tokens.pad_token_id or 0] * (length - len(row)))
        return rows

    return read


@contextmanager
def _quiet() -> Iterator[None]:
    """Without progress bars and reports; both are as they were afterwards."""
    from transformers.utils import logging

    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
