"""A tiny GPT-J in Hugging Face's own files, taught for a few seconds to write prompts one a line, in quotes."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from reverie.craft.writer.grammar import TAUGHT, drafts

END = "<|endoftext|>"
LINES = [f'"{draft}"' for draft in islice(drafts("", 1, TAUGHT), 200)]
STEPS, ROWS, READS = 150, 8, 64


def save(folder: Path) -> Path:
    """A folder with config, tokenizer and model.safetensors."""
    tokens = _tokenizer()
    sizes = {"n_positions": 256, "n_embd": 64, "n_layer": 2, "n_head": 2, "rotary_dim": 16}
    ends = {"bos_token_id": tokens.eos_token_id, "eos_token_id": tokens.eos_token_id}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = transformers.GPTJForCausalLM(transformers.GPTJConfig(vocab_size=len(tokens), **sizes, **ends))
        _teach(network, torch.tensor(tokens("\n".join(LINES))["input_ids"]))
    transformers.utils.logging.disable_progress_bar()
    network.save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


def _tokenizer() -> transformers.PreTrainedTokenizerFast:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    made.train_from_iterator(LINES, trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, eos_token=END)


def _teach(network: torch.nn.Module, text: torch.Tensor) -> None:
    descent = torch.optim.AdamW(network.parameters(), 3e-3)
    network.train()
    for _ in range(STEPS):
        starts = torch.randint(len(text) - READS, (ROWS,))
        rows = torch.stack([text[start : start + READS] for start in starts.tolist()])
        network(input_ids=rows, labels=rows).loss.backward()
        descent.step()
        descent.zero_grad()
    network.eval()
