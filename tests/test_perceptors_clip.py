"""CLIP from files: every layout gives the same network, and a dream is painted with it, alone and in an ensemble."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import tiny
import tiny_clip
import torch
from safetensors.torch import save_file
from torch import Tensor

from reverie import clip_tokens, registry
from reverie.build import frames, score
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.perceptors.clip import ClipPerceptor
from reverie.reading import pieces, read
from reverie.testing import check_perceptor

WEIGHTS: Mapping[str, Tensor] = tiny_clip.network().state_dict()


def build(path: Path, **options: object) -> ClipPerceptor:
    made = registry.build("perceptor", str(path), options, tiny.CPU)
    assert isinstance(made, ClipPerceptor)
    return made


def views(size: int = 32) -> Tensor:
    return torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openai")
    tiny_clip.write_merges(folder)
    return tiny_clip.write_archive(folder / "ViT-B-32.pt", WEIGHTS)


def test_openais_archive(archive: Path) -> None:
    made = build(archive)
    assert (made.size, made.dim) == (32, 16) and made.network.config == tiny_clip.VIT
    as_read = tiny_clip.network(tiny_clip.VIT)
    as_read.load_state_dict(WEIGHTS)
    wanted = as_read.fold().state_dict()
    assert all(torch.equal(value, wanted[name]) for name, value in made.network.state_dict().items())
    read = made.read(["A red fox", "a blue fox"])
    assert torch.allclose(read, tiny_clip.network().read(torch.tensor(tiny_clip.tokenizer()(["a red fox", "a blue fox"]))), atol=1e-6)


def test_looking_scales_the_picture_as_in_training(archive: Path) -> None:
    made, x = build(archive), views().requires_grad_()
    mean, std = (
        torch.tensor(three).view(1, 3, 1, 1) for three in ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    )
    seen = made.look(x)
    assert torch.allclose(seen, tiny_clip.network().look((x - mean) / std), atol=1e-6)
    seen[0, 0].backward()
    assert x.grad is not None and x.grad[0].isfinite().all() and x.grad[0].any() and not x.grad[1].any()
    assert all(value.grad is None for value in made.network.parameters())


def test_the_rules_are_kept(archive: Path, tmp_path: Path) -> None:
    check_perceptor(str(archive), options={"cut": True})
    tiny_clip.write_merges(tmp_path)
    check_perceptor(
        str(tiny_clip.write_archive(tmp_path / "RN50.pt", tiny_clip.network(tiny_clip.RESNET).state_dict())), options={"cut": True}
    )


def test_a_resnet(tmp_path: Path) -> None:
    network = tiny_clip.network(tiny_clip.RESNET)
    tiny_clip.write_merges(tmp_path)
    counted = {**network.state_dict(), "visual.bn1.num_batches_tracked": torch.tensor(7)}
    made = build(tiny_clip.write_archive(tmp_path / "RN50.pt", counted))
    assert made.size == 64 and made.network.config == tiny_clip.RESNET
    network.fold()
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in made.network.state_dict().items())


@pytest.mark.parametrize(
    ("name", "config", "options", "quick"),
    [
        ("vit_b_32-laion2b.pt", None, {}, False),
        ("vit_b_32-quickgelu-metaclip.pt", None, {}, True),
        ("open_clip_pytorch_model.bin", {"model_cfg": {"quick_gelu": True}}, {}, True),
        ("ViT-B-32-openai.pt", {"model_cfg": {"quick_gelu": False}}, {}, False),
        ("vit_b_32-laion2b.pt", None, {"activation": "quickgelu"}, True),
        ("vit_b_32-openai.pt", None, {"activation": "gelu"}, False),
        ("open_clip_model.safetensors", None, {}, False),
    ],
)
def test_which_gelu(tmp_path: Path, name: str, config: object, options: dict[str, object], quick: bool) -> None:
    tiny_clip.write_merges(tmp_path)
    if config:
        (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    if name.endswith(".safetensors"):
        save_file(dict(WEIGHTS), tmp_path / name)
    else:
        torch.save(WEIGHTS, tmp_path / name)
    assert build(tmp_path / name, **options).network.config.quick is quick


def test_openais_state_dict_tells_itself(tmp_path: Path) -> None:
    tiny_clip.write_merges(tmp_path)
    torch.save({**WEIGHTS, "input_resolution": torch.tensor(32)}, tmp_path / "clip.pt")
    assert build(tmp_path / "clip.pt").network.config.quick is True


def test_a_checkpoint_of_open_clips_training(tmp_path: Path) -> None:
    tiny_clip.write_merges(tmp_path)
    wrapped = {f"module.{name}": value for name, value in WEIGHTS.items()}
    torch.save({"epoch": 3, "name": "mine", "state_dict": wrapped, "optimizer": {"state": {}}}, tmp_path / "epoch_3.pt")
    made = build(tmp_path / "epoch_3.pt", activation="quickgelu")
    assert torch.equal(made.look(views()), build_like(tmp_path).look(views()))


def build_like(folder: Path) -> ClipPerceptor:
    return build(tiny_clip.write_archive(folder / "same.pt", WEIGHTS))


def test_a_folder_of_open_clips_says_how_pictures_are_scaled(tmp_path: Path) -> None:
    tiny_clip.write_merges(tmp_path)
    save_file(dict(WEIGHTS), tmp_path / "open_clip_model.safetensors")
    said = {"model_cfg": {"quick_gelu": True}, "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.5, 0.5]}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(said))
    x = (views() - 0.5) / torch.tensor([0.25, 0.5, 0.5]).view(1, 3, 1, 1)
    assert torch.allclose(build(tmp_path).look(views()), tiny_clip.network().look(x), atol=1e-6)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda held: held.pop("ln_final.bias"), r"missing ln_final\.bias \(1 in all\)"),
        (lambda held: held.update({"visual.extra": torch.ones(1)}), r"unknown visual\.extra"),
        (lambda held: held.update({"visual.proj": torch.ones(3, 16)}), r"visual\.proj is \(3, 16\), not \(128, 16\)"),
        (lambda held: held.update({"visual.conv1.weight": torch.ones(128, 3, 0, 0)}), "of which no clip can be made"),
        (lambda held: held.update({"text_projection": torch.ones(3)}), "holds no CLIP in OpenAI's"),
        (lambda held: held.pop("token_embedding.weight"), r"holds no CLIP in OpenAI's.*'token_embedding\.weight'.*--perceptor openclip"),
        (lambda held: held.update({"visual.transformer.resblocks.99999999.mlp.c_fc.weight": torch.ones(1)}), "missing visual.transformer"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, spoil: object, words: str) -> None:
    tiny_clip.write_merges(tmp_path)
    held = dict(WEIGHTS)
    spoil(held)  # type: ignore[operator]
    torch.save(held, tmp_path / "clip.pt")
    with pytest.raises(BadRequest, match=words):
        build(tmp_path / "clip.pt")


def test_what_is_missing_is_told(networks: tiny.Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_tokens, "PACKAGES", ())
    with pytest.raises(BadRequest, match=r"clip needs weights: --perceptor \./ViT-B-32\.pt"):
        registry.build("perceptor", "clip", {}, tiny.CPU)
    with pytest.raises(BadRequest, match="holds vqgan, not clip"):
        registry.build("perceptor", networks["vqgan"]["weights"], {}, tiny.CPU)
    with pytest.raises(BadRequest, match="CLIP's list of merges is not here"):
        build(tiny_clip.write_archive(tmp_path / "ViT-B-32.pt", WEIGHTS))
    tiny_clip.write_merges(tmp_path)
    (tmp_path / "page.pt").write_text("<html>404</html>")
    with pytest.raises(BadRequest, match="is a web page, not a checkpoint"):
        build(tmp_path / "page.pt")


def test_a_text_that_is_too_long(archive: Path) -> None:
    text = "red fox " * 9
    with pytest.raises(BadRequest, match="is 20 tokens long and 16 are read"):
        build(archive).read([text])
    assert build(archive, cut=True).read([text]).shape == (1, 16)


def test_how_it_reads(archive: Path) -> None:
    made = build(archive)
    assert (made.limit, made.multilingual, build(archive, cut=True).limit) == (14, False, 0)
    assert made.count("") == 0 and made.count("red fox") == 2 and made.count("a blue " * 3) == 6
    assert made.known() == {"red", "fox", "blue"}
    long = "red fox " * 9
    assert [made.count(one) for one in pieces(long, made)] == [14, 4]
    assert read([long], made).shape == (1, 16) and torch.equal(read(["red fox"], made), made.read(["red fox"]))


def test_a_dream_is_painted_with_an_ensemble(archive: Path, networks: tiny.Options, tmp_path: Path) -> None:
    """Two files of one component beside another, each with options of its own."""
    tiny_clip.write_merges(tmp_path)
    other = tmp_path / "vit.b.32.pt"
    torch.save(tiny_clip.network(seed=1).state_dict(), other)
    options = {str(other): {"activation": "quickgelu"}, str(archive): {"cut": True}, "mini": networks["mini"]}
    dream = Dream(
        "a red fox", perceptors=[f"{archive}:2", str(other), "mini"], generator="pixels", size=32, steps=2, views=2, init="random",
        precision="fp32", judge="none", options=options,
    )  # fmt: skip
    shown = list(frames([dream], device="cpu"))
    assert (shown[-1].final, shown[-1].step) == (True, 2) and not torch.equal(shown[0].pixels, shown[-1].pixels)


def test_pictures_are_scored(archive: Path) -> None:
    from PIL import Image

    pictures, texts = [Image.new("RGB", (40, 30), "red")], ["a red fox", "a blue fox"]
    ((red, blue),) = score(pictures, texts, str(archive), "cpu")
    assert -1 <= red <= 1 and red != blue
    options = {"clip": {"weights": str(archive), "activation": "gelu"}}
    other = score(pictures, texts, "clip", "cpu", options)
    assert other != [[red, blue]]
    assert score(pictures, texts, str(archive), "cpu", {"clip": {"activation": "gelu"}}) == other, "who reads the file is told too"
    with pytest.raises(BadRequest, match=r"no component with options in this dream 'hf'\."):
        score(pictures, texts, str(archive), "cpu", {"hf": {"model": "x"}})
