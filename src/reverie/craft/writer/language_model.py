"""Engine two: any causal language model that ``transformers`` can read, GPT-J-6B or a small one, here and without a network.

Weights are safetensors where there are some, and else PyTorch's pickles (GPT-J's are), of which torch loads numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import torch

from reverie import hub
from reverie.craft.writer.few_shot import STOPS, begun, ended
from reverie.craft.writer.settings import Sampling, Writing
from reverie.errors import BadRequest, Failed, in_a_line
from reverie.plan import fast_bf16, pick_device
from reverie.rng import Rng

AT_ONCE = 8  # prompts that are written side by side
PICKLES = (*hub.FILES, "pytorch_model*")


def drafts(given: str, examples: Sequence[str], model: str, asked: Writing, sampling: Sampling) -> Iterator[str]:
    """Prompts without end, the same for a seed and a count; raises ``BadRequest`` for a model that is not here or is none."""
    try:
        from transformers import AutoModelForCausalLM
    except ImportError as error:
        raise BadRequest(
            f"A language model needs the package transformers ({error}): pip install 'reverie[hf]'. --engine grammar needs nothing."
        ) from error
    device = pick_device(asked.device)
    folder = _folder(model, asked.download)
    tokens = hub.tokenizer(folder)
    network = hub.network(AutoModelForCausalLM, folder, dtype=_format(device)).to(device).eval()
    start = _start(network, tokens, examples, given, sampling.length)
    for turn in count():
        for text in _written(network, tokens, start, sampling, Rng(asked.seed).key("write", turn), min(asked.count, AT_ONCE)):
            yield ended(given, text)


def _folder(model: str, download: bool) -> Path:
    """Where it lies; pickles are asked for only where there are no safetensors."""
    folder = hub.folder_of(model, download, "--download")
    if not any(folder.glob("*.safetensors")) and not Path(model).is_dir():
        folder = hub.folder_of(model, download, "--download", PICKLES)
    return folder


def _format(device: torch.device) -> torch.dtype:
    """Half the memory where that is no slower: GPT-J has 24 GB in fp32."""
    if fast_bf16(device):
        return torch.bfloat16
    return torch.float16 if device.type == "cuda" else torch.float32


def _start(network: Any, tokens: Any, examples: Sequence[str], given: str, length: int) -> torch.Tensor:
    """The begun text as [1,T], with as many of the examples as the model can read beside what it is to write."""
    room = getattr(network.config, "max_position_embeddings", None)
    for first in range(len(examples) + 1):
        start = tokens(begun(examples[first:], given), return_tensors="pt")["input_ids"]
        if not room or start.shape[1] + length <= room:
            return start.to(network.device)
    raise BadRequest(
        f"The model reads {room} tokens, and what was asked for has {start.shape[1]} where {length} more are to be written: "
        "ask for less, or lower --length."
    )


def _written(network: Any, tokens: Any, start: torch.Tensor, sampling: Sampling, seed: int, rows: int) -> list[str]:
    """What ``rows`` draws go on with. torch's own dice are loaded with the seed, and put back."""
    end = tokens.eos_token_id
    with torch.random.fork_rng(), torch.inference_mode(), hub.quiet():
        torch.manual_seed(seed)
        try:
            found = network.generate(
                start,
                attention_mask=torch.ones_like(start),
                do_sample=True,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                top_k=sampling.top_k,
                repetition_penalty=sampling.repetition_penalty,
                max_new_tokens=sampling.length,
                num_return_sequences=rows,
                pad_token_id=0 if end is None else end,
                stop_strings=list(STOPS),
                tokenizer=tokens,
            )
        except (RuntimeError, ValueError) as error:  # out of memory, odds that are no numbers
            raise Failed(f"The language model could not write ({in_a_line(error)}).") from error
    return list(tokens.batch_decode(found[:, start.shape[1] :], skip_special_tokens=True))
