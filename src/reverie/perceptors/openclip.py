"""Any network of the package ``open_clip_torch``, with weights from a file: MobileCLIP, ConvNeXt, SigLIP, PE and others.

CLIPs in OpenAI's layout need no package (``clip``). Nothing is fetched, and checkpoints are read with ``weights_only``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.clip_tokens import too_long
from reverie.errors import BadRequest, in_a_line, unknown
from reverie.library import path_of
from reverie.options.openclip import Options
from reverie.perceptors.lens import CLIP_MEAN, CLIP_STD, MANY, SHARE, Lens, Words, part, said_beside
from reverie.tokens import whole_words

MORE = 512  # tokens beyond the length that are made, to see whether a text was cut


class OpenClipPerceptor:
    """The picture is scaled as in training inside ``look``."""

    share = SHARE

    def __init__(self, network: Any, words: Words, lens: Lens, device: torch.device) -> None:
        self.network, self.words, self.lens, self.device = network.eval().requires_grad_(False), words, lens, device
        self.limit, self.count, self.multilingual = words.limit, words.count, len(words.pieces) >= MANY
        self.tower, self.scale = network.visual, float(self.network.logit_scale.exp())
        side = network.visual.image_size
        self.size = int(side if isinstance(side, int) else side[0])
        with torch.no_grad():
            self.dim = int(self.read(["a"]).shape[1])

    def read(self, texts: Sequence[str]) -> Tensor:
        return F.normalize(self.network.encode_text(self.words.read(texts).to(self.device)).float(), dim=-1)

    def known(self) -> frozenset[str]:
        return whole_words(self.words.pieces)

    def look(self, views: Tensor) -> Tensor:
        return F.normalize(self.network.encode_image(self.lens(views)).float(), dim=-1)


def build(options: Options, device: torch.device) -> OpenClipPerceptor:
    package = _package()
    options = _here(options)
    name = _name(options, package)
    try:
        with torch.random.fork_rng(devices=[]):  # first values are drawn, which the checkpoint then replaces
            network = package.create_model(
                name, options.weights or None, device=device, pretrained_text=False, require_pretrained=True, **_trained(package, options)
            )
        words = _words(package, name, options)
    except BadRequest:
        raise
    except Exception as error:  # whatever a stranger's file, or a tokenizer that lies on a hub, breaks
        raise BadRequest(f"openclip could not make {options.model} of {options.weights or options.model} ({in_a_line(error)}).") from error
    said = dict(package.get_model_preprocess_cfg(network))
    scaled = {"image_mean": list(said.get("mean", CLIP_MEAN)), "image_std": list(said.get("std", CLIP_STD))}
    return OpenClipPerceptor(network, words, Lens.said(scaled, CLIP_MEAN, CLIP_STD, device), device)


def _here(options: Options) -> Options:
    """With the file of weights that are installed by name (``reverie models``)."""
    return options.model_copy(update={"weights": str(path_of(options.weights))}) if options.weights else options


def _package() -> Any:
    try:
        import open_clip
    except ImportError as error:
        raise BadRequest(f"openclip needs the package open_clip_torch ({error}): pip install 'reverie[openclip]'.") from error
    except RuntimeError as error:  # torchvision of another build than torch
        raise BadRequest(
            f"The package open_clip_torch does not load ({in_a_line(error)}): torchvision is built for another torch than the one that "
            "is installed. Install both from one place: https://pytorch.org/get-started/locally."
        ) from error
    return open_clip


def _name(options: Options, package: Any) -> str:
    """The network as ``open_clip`` calls it; raises ``BadRequest`` for what is not here."""
    if Path(options.model).is_dir() and options.model:
        return f"local-dir:{options.model}"
    known = package.list_models()
    if options.model not in known:
        if not options.model or ":" in options.model:
            raise BadRequest(
                "openclip needs a network and its weights: -o openclip.model=ViT-B-32-quickgelu -o openclip.weights=FILE, or a folder."
            )
        raise unknown("network of open_clip's", options.model, known)
    if not Path(options.weights).is_file():
        raise BadRequest(f"There are no weights {options.weights!r} for {options.model}: give the file by -o openclip.weights=FILE.")
    return options.model


def _trained(package: Any, options: Options) -> dict[str, Any]:
    """How the weights were trained, which no checkpoint tells: the scaling that all of open_clip's weights of this network share,
    or that of the one that is named, which also says whether its GELU is the quick one.
    """
    tags = package.list_pretrained_tags_by_model(options.model)
    if options.tag and options.tag not in tags:
        raise unknown(f"tag of {options.model}", options.tag, tags)
    said = [package.get_pretrained_cfg(options.model, tag) for tag in ([options.tag] if options.tag else tags)]
    scalings = {(tuple(one["mean"]), tuple(one["std"])) for one in said if one.get("mean") and one.get("std")}
    kept: dict[str, Any] = {}
    if len(scalings) == 1:
        mean, std = scalings.pop()
        kept["force_preprocess_cfg"] = {"mean": mean, "std": std}
    if options.tag and said[0].get("quick_gelu"):
        kept["force_quick_gelu"] = True
    return kept


def _words(package: Any, name: str, options: Options) -> Words:
    if options.tokenizer:
        said = part(said_beside(Path(options.model)), "model_cfg") or package.get_model_config(name) or {}
        text = part(said, "text_cfg")
        length = text.get("context_length", 77)
        tokens = package.tokenizer.HFTokenizer(options.tokenizer, context_length=length, **text.get("tokenizer_kwargs", {}))
    else:
        tokens = package.get_tokenizer(name)
    return _told(tokens, options.cut)


def _told(tokens: Any, cut: bool) -> Words:
    """How many pieces a text has is seen in its row, which ends in padding; SigLIP's padding is its end mark, too."""
    length, empty = tokens([""]).shape[1], _whole(tokens, [""])[0]
    marks, padded = _used(empty), bool((empty == empty[-1]).all())
    vocabulary = tokens.encoder if hasattr(tokens, "encoder") else tokens.tokenizer.get_vocab() if hasattr(tokens, "tokenizer") else ()

    def count(text: str) -> int:
        return _used(_whole(tokens, [text])[0]) - (0 if padded and text.strip() else marks)

    return Words(lambda texts: _read(tokens, texts, cut), count, 0 if cut else length - marks, vocabulary)


def _whole(tokens: Any, texts: Sequence[str]) -> Tensor:
    """Rows with more room than is read."""
    rows: Tensor = tokens(list(texts), context_length=tokens([""]).shape[1] + MORE)
    return rows


def _used(row: Tensor) -> int:
    """How long a row is without what it is filled up with."""
    filled = (row != row[-1]).nonzero()
    return 1 + int(filled.max()) if len(filled) else 1


def _read(tokens: Any, texts: Sequence[str], cut: bool) -> Tensor:
    """[N,L]; a text that is cut is read once more with room, to say what is left out."""
    rows: Tensor = tokens(list(texts))
    length = rows.shape[1]
    for text, row, all_of_it in zip(texts, rows, _whole(tokens, texts), strict=True):
        used = _used(all_of_it)
        if (used > length or not torch.equal(row, all_of_it[:length])) and not cut:
            rest = getattr(tokens, "tokenizer", tokens).decode(all_of_it[length - 1 : used - 1].tolist())
            raise too_long(text, used, length, rest.strip())
    return rows
