"""The transformer that writes codes: its authors' names, its sight, its draws, its checkpoints, and pictures that begin with it.

It was run beside CompVis/taming-transformers with the same random weights: logits differed by 3e-7 at most.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import originals
import pytest
import tiny
import torch

from reverie.build import frames
from reverie.errors import BadRequest
from reverie.nets.gpt import GPT, GPTConfig, Past, write
from reverie.options.sample import Options
from reverie.rng import Rng
from reverie.starts import CodeWriter
from reverie.weights import load_gpt, load_vqgan

SMALL = GPTConfig(vocab_size=32, block_size=17, n_layer=2, n_head=2, n_embd=16, start=3)
NOTHING, CLASSES = "__is_unconditional__", {"target": "taming.modules.util.Labelator", "params": {"n_classes": 5}}


def network() -> GPT:
    torch.manual_seed(4)
    made = GPT(SMALL).eval()
    torch.nn.init.normal_(made.head.weight)
    torch.nn.init.normal_(made.pos_emb)
    return made


def rngs(count: int, seed: int = 1) -> list[torch.Generator]:
    return [Rng(seed).at("codes", i) for i in range(count)]


def test_it_has_the_names_of_its_authors() -> None:
    with torch.device("meta"):
        names = {name: tuple(value.shape) for name, value in GPT(GPTConfig()).state_dict().items()}
    expected = {
        "tok_emb.weight": (16384, 1536),
        "pos_emb": (1, 256, 1536),
        "blocks.47.ln1.bias": (1536,),
        "blocks.0.attn.key.weight": (1536, 1536),
        "blocks.0.attn.proj.bias": (1536,),
        "blocks.0.mlp.0.weight": (6144, 1536),
        "blocks.0.mlp.2.weight": (1536, 6144),
        "ln_f.weight": (1536,),
        "head.weight": (16384, 1536),
    }
    assert {name: names.get(name) for name in expected} == expected and "head.bias" not in names


def test_a_place_sees_only_what_came_before() -> None:
    made, codes = network(), torch.arange(12).view(1, 12)
    with torch.no_grad():
        whole, changed = made(codes)[0], made(codes.clone().index_fill_(1, torch.tensor([7]), 31))[0]
    assert torch.equal(whole[:, :7], changed[:, :7]) and not torch.allclose(whole[:, 7:], changed[:, 7:])


@torch.no_grad()
def test_one_after_another_is_all_at_once() -> None:
    made, codes, found = network(), torch.randint(32, (2, 12)), []
    past: list[Past] = []
    for place in range(12):
        logits, past = made(codes[:, place : place + 1], past)
        found.append(logits)
    assert torch.allclose(torch.cat(found, 1), made(codes)[0], atol=1e-5)


@torch.no_grad()
def test_what_is_written() -> None:
    made, first = network(), torch.tensor([[3], [5]])
    drawn = write(made, first, 16, rngs(2), 20)
    assert drawn.shape == (2, 16) and drawn.max() < 20 and drawn.unique().numel() > 5
    assert torch.equal(drawn[:1], write(made, first[:1], 16, rngs(1), 20))  # alone as beside others
    assert not torch.equal(drawn, write(made, first, 16, rngs(2, seed=2), 20))
    likeliest = write(made, first, 16, rngs(2), 32, temperature=0)
    assert torch.equal(likeliest, made(torch.cat((first, likeliest), 1)[:, :-1])[0].argmax(-1))


@torch.no_grad()
def test_draws_have_the_odds_that_the_logits_say() -> None:
    made, first = network(), torch.full((4000, 1), 3)
    odds = made(first[:1])[0][0, 0].softmax(-1)
    drawn = write(made, first, 1, rngs(4000), 32).flatten().bincount(minlength=32)
    assert (drawn / 4000 - odds).abs().max() < 0.03


@pytest.mark.parametrize(("stage", "classes"), [(NOTHING, 0), (CLASSES, 5)])
def test_a_net2net_transformer_is_read(tmp_path: Path, stage: Any, classes: int) -> None:
    path = originals.net2net(tmp_path, network(), stage)
    loaded = load_gpt(str(path))
    assert loaded.config == GPTConfig(32, 17, 2, 2, 16, classes, 0 if classes else 3)
    assert all(torch.equal(value, network().state_dict()[name]) for name, value in loaded.state_dict().items())
    assert load_vqgan(str(path)).config == originals.SQUARE


@pytest.mark.parametrize(
    ("stage", "reason"),
    [
        ({"target": "taming.modules.misc.coord.CoordStage", "params": {"n_embed": 1024}}, "must be shown .*CoordStage"),
        ("__is_first_stage__", "must be shown .*__is_first_stage__"),
        ({"target": "taming.modules.util.Labelator"}, "must be shown"),
    ],
)
def test_what_needs_to_be_shown_something_is_refused(tmp_path: Path, stage: Any, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        load_gpt(str(originals.net2net(tmp_path, network(), stage)))


def test_a_transformer_needs_its_yaml(tmp_path: Path) -> None:
    path = originals.net2net(tmp_path, network(), NOTHING)
    path.with_suffix(".yaml").unlink()
    with pytest.raises(BadRequest, match="needs its YAML beside it"):
        load_gpt(str(path))
    with pytest.raises(BadRequest, match="holds no transformer of taming's"):
        load_gpt(str(originals.taming(tmp_path)))


def test_a_writer_draws_pictures(tmp_path: Path) -> None:
    for stage in (NOTHING, CLASSES):
        path = str(originals.net2net(tmp_path, network(), stage))
        writer = CodeWriter(load_gpt(path), load_vqgan(path), tiny.CPU)
        drawn = writer.draw("a red fox", Rng(1), Options(tries=3), 16, 24)
        assert drawn.shape == (3, 3, 16, 24) and 0 <= drawn.min() < drawn.max() <= 1
        assert torch.allclose(drawn[:2], writer.draw("anything", Rng(1), Options(tries=2), 16, 24), atol=1e-5)
    with pytest.raises(BadRequest, match="writes fewer codes than the 16x16"):
        CodeWriter(network(), tiny.vqgan(originals.FIRST_STAGE), tiny.CPU)


def test_a_dream_starts_from_what_is_written(tmp_path: Path, networks: tiny.Options) -> None:
    path = str(originals.net2net(tmp_path, network(), CLASSES))
    options = {"mini": networks["mini"], "vqgan": {"weights": path}, "sample": {"weights": path, "tries": 2}}
    dream = tiny.dream({}, generator="vqgan", init="sample").model_copy(update={"options": options})
    assert list(frames([dream], device="cpu"))[-1].pixels.shape == (32, 32, 3)
