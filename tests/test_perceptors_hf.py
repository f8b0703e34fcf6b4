"""CLIP and SigLIP by transformers, and our own network against it; one module, since its import takes seconds."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import tiny
import tiny_clip
import torch

from reverie import registry
from reverie.build import frames
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.perceptors import hf
from reverie.perceptors.hf import HfPerceptor
from reverie.reading import pieces, read
from reverie.testing import check_perceptor

transformers = pytest.importorskip("transformers")

TEXTS = ("A red fox", "a blue fox, red", "x")
END = tiny_clip.VOCABULARY - 1
SIZES = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
PICTURES = {**SIZES, "image_size": 32, "patch_size": 16}


def views(size: int = 32) -> torch.Tensor:
    return torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(0))


def save(network: Any, folder: Path) -> Path:
    """With numbers that no part can be left out without being seen."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for value in network.parameters():
            value += 0.05 * torch.randn_like(value)
    transformers.utils.logging.disable_progress_bar()
    network.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = {**SIZES, "vocab_size": tiny_clip.VOCABULARY, "max_position_embeddings": 16, "eos_token_id": END, "bos_token_id": END - 1}
    config = transformers.CLIPConfig(text_config=words, vision_config=PICTURES, projection_dim=24)
    folder = save(transformers.CLIPModel(config), tmp_path_factory.mktemp("clip-tiny"))
    tiny_clip.write_merges(folder, "merges.txt")
    (folder / "vocab.json").write_text(json.dumps(tiny_clip.tokenizer().numbers))
    return folder


@pytest.fixture(scope="module")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a real tokenizer of its kind, learnt from a few captions."""
    import sentencepiece

    folder = tmp_path_factory.mktemp("siglip-tiny")
    (folder / "captions.txt").write_text("\n".join(tiny.CAPTIONS))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "captions.txt"), model_prefix=str(folder / "spiece"), vocab_size=32, minloglevel=2, pad_id=-1, bos_id=-1,
        unk_id=0, eos_id=1,
    )  # fmt: skip
    config = transformers.SiglipConfig(
        text_config={**SIZES, "vocab_size": 32, "max_position_embeddings": 16, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
        vision_config=PICTURES,
    )
    transformers.SiglipTokenizer(vocab_file=str(folder / "spiece.model")).save_pretrained(folder)
    return save(transformers.SiglipModel(config), folder)


def build(path: Path, **options: object) -> HfPerceptor:
    made = registry.build("perceptor", str(path), options, tiny.CPU)
    assert isinstance(made, HfPerceptor)
    return made


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_unit_vectors_and_a_gradient(kind: str, request: pytest.FixtureRequest) -> None:
    made = build(request.getfixturevalue(kind))
    x = views().requires_grad_()
    seen, read = made.look(x), made.read(TEXTS)
    assert made.size == 32 and seen.shape == (3, made.dim) == read.shape
    assert torch.allclose(seen.norm(dim=1), torch.ones(3), atol=1e-5) and torch.allclose(read.norm(dim=1), torch.ones(3), atol=1e-5)
    assert not torch.allclose(read[0], read[1], atol=1e-3) and not torch.allclose(seen[0], seen[1], atol=1e-3)
    assert torch.allclose(made.read(["a RED fox"]), read[:1], atol=1e-5)
    seen[1, 0].backward()
    assert x.grad is not None and x.grad[1].any() and not x.grad[0].any()
    assert all(value.grad is None for value in made.network.parameters())


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
def test_our_own_network_says_the_same(clip: Path, activation: str, tmp_path: Path) -> None:
    folder = shutil.copytree(clip, tmp_path / "copy")
    said = json.loads((folder / "config.json").read_text())
    for tower in ("text_config", "vision_config"):
        said[tower]["hidden_act"] = activation
    (folder / "config.json").write_text(json.dumps(said))
    ours, theirs = registry.build("perceptor", "clip", {"weights": str(folder)}, tiny.CPU), build(folder)
    assert ours.network.config.quick is (activation == "quick_gelu") and ours.network.config.image.stack.heads == 4
    assert torch.allclose(ours.look(views()), theirs.look(views()), atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(ours.read(TEXTS), theirs.read(TEXTS), atol=1e-5)


def test_our_tokenizer_says_the_same(clip: Path) -> None:
    theirs = transformers.AutoTokenizer.from_pretrained(clip, local_files_only=True)
    for text in (*TEXTS, "Foxes' re-do: don't! 3 blue¼ 🦊"):
        row = tiny_clip.tokenizer(64)([text])[0]
        assert row[: row.index(END) + 1] == theirs(text)["input_ids"]


def test_pictures_are_scaled_as_the_folder_says(clip: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clip, tmp_path / "copy")
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.2, 0.2]}))
    x = (views() - torch.tensor([0.5, 0.4, 0.3]).view(1, 3, 1, 1)) / 0.2
    made = build(folder)
    assert torch.allclose(made.look(views()), torch.nn.functional.normalize(made.network.get_image_features(x).pooler_output), atol=1e-6)


def test_siglip_reads_padded_texts_without_a_mask(siglip: Path) -> None:
    made = build(siglip)
    (row,) = made.words.read(["a red fox"])
    assert len(row) == 16 and row[-1] == 1 and 1 in row[:-1]
    assert made.lens.mean.flatten().tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_a_text_that_is_too_long(kind: str, request: pytest.FixtureRequest) -> None:
    folder, text = request.getfixturevalue(kind), "red fox " * 20
    with pytest.raises(BadRequest, match="tokens long and 16 are read: '.*red fox.*' would be left out"):
        build(folder).read([text])
    assert build(folder, cut=True).read([text]).shape[0] == 1


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_how_it_reads(kind: str, request: pytest.FixtureRequest) -> None:
    made, long = build(request.getfixturevalue(kind)), "red fox, " * 20
    assert made.limit == (14 if kind == "clip" else 15) and not made.multilingual and made.count("") == 0
    those = pieces(long, made)
    assert len(those) > 1 and all(0 < made.count(one) <= made.limit for one in those)
    assert made.limit - max(map(made.count, those)) <= made.count("red fox, ")
    assert read([long], made).shape == (1, made.dim) and made.known() <= {"red", "fox", "blue", "a", "the", "on", "tree", "bird"}


def test_a_large_vocabulary_is_of_many_languages(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf, "MANY", 500)
    assert build(clip).multilingual


def test_a_name_in_the_hubs_cache(clip: Path, siglip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the hub's own programs leave it; two of them make an ensemble by their names."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name, folder in (("tiny/clip-vit", clip), ("tiny/siglip.2", siglip)):
        kept = tmp_path / f"models--{name.replace('/', '--')}"
        shutil.copytree(folder, kept / "snapshots" / ("a" * 40))
        (kept / "refs").mkdir()
        (kept / "refs" / "main").write_text("a" * 40)
        registry.check("perceptor", name)
    assert torch.equal(build(Path("tiny/clip-vit")).look(views()), build(clip).look(views()))
    assert torch.equal(build(Path("tiny/siglip.2"), cut=True).look(views()), build(siglip).look(views()))
    with pytest.raises(BadRequest, match="no perceptor at 'tiny/other'"):
        registry.check("perceptor", "tiny/other")


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_the_rules_are_kept(kind: str, request: pytest.FixtureRequest) -> None:
    check_perceptor(str(request.getfixturevalue(kind)), options={"cut": True})


def test_what_is_not_whole_is_told_and_not_filled_with_noise(clip: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(clip, tmp_path / "copy")
    held = load_file(folder / "model.safetensors")
    del held["visual_projection.weight"]
    save_file(held, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadRequest, match=r"is not whole: visual_projection\.weight \(1 in all\)"):
        build(folder)


def test_what_cannot_be_read_is_told(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="hf needs a model"):
        registry.build("perceptor", "hf", {}, tiny.CPU)
    with pytest.raises(BadRequest, match=r"no folder 'no/such-model', nor is it in Hugging Face's cache.*hf\.download=true"):
        registry.build("perceptor", "hf", {"model": "no/such-model"}, tiny.CPU)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(BadRequest, match='its config.json says model_type "bert"'):
        registry.build("perceptor", "hf", {"model": str(tmp_path)}, tiny.CPU)
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(BadRequest, match="cannot be read as a CLIPModel"):
        build(tmp_path)


def test_it_is_quiet_and_stays_out_of_the_way(clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    logging.enable_progress_bar()
    level = logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(clip).look(views())
    assert capfd.readouterr() == ("", "") and logging.is_progress_bar_enabled() and logging.get_verbosity() == level


def test_a_dream_is_painted_with_both(clip: Path, siglip: Path) -> None:
    dream = Dream(
        "a red fox", perceptors=[str(clip), f"{siglip}:0.5"], generator="pixels", size=32, steps=2, views=2, init="random",
        precision="fp32", judge="none",
    )  # fmt: skip
    shown = list(frames([dream], device="cpu"))
    assert (shown[-1].final, shown[-1].step) == (True, 2) and not torch.equal(shown[0].pixels, shown[-1].pixels)
