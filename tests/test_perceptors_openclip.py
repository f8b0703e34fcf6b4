"""Networks of the package open_clip_torch, and ours against it. It is not among what CI installs: `make parity` runs this with it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import tiny
import tiny_clip
import torch
import torchvision_shim
from safetensors.torch import save_file

from reverie import clip_tokens, registry
from reverie.build import frames
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.models import add
from reverie.nets.clip import CLIP, config_of
from reverie.options.openclip import Options
from reverie.perceptors.openclip import OpenClipPerceptor, _here, _told, _trained
from reverie.reading import pieces, read
from reverie.testing import check_perceptor

HERE = find_spec("open_clip") is not None
installed = pytest.mark.skipif(not HERE, reason="make parity installs open_clip_torch")
MODEL = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 128, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
}
RESNET = {**MODEL, "vision_cfg": {"image_size": 64, "layers": [1, 2, 1, 1], "width": 16, "patch_size": None}}
TYPED = (
    "it's o'clock, don't! we'll 've 'sup 'tis I'D", "“curly” ‘quotes’ — and…", "&amp; &lt;b&gt; &quot;x&quot; &eacute;", "ﬁne ﬂow oﬀer",
    "Ｗｉｄｅ　ｌｅｔｔｅｒｓ", "½ x² Ⅷ ①② 3.14 1,000", "naïve café Crème brûlée", "e\u0301 composed", "\x1b[31mred\x1b[0m",
    "a\x00b\ufeffc", "İstanbul STRASSE ß ſ", "日本語 の 絵", "🦊👩‍👩‍👧 fox", "tabs\tand\nlines\r\n", "<b>bold &amp; nice</b>", "", "   ",
    "_under_score__", "'''", "100% of $5.00", "x" * 300, "rock'n'roll 'll", "ŉ ĳ ǆ", "\u2028line\u2029sep", "a\u200bzero\u200dwidth",
    "\u00a0nbsp", "don\u02bct",
)  # fmt: skip
SCRIPTS = (
    (0x20, 0x7F), (0xA1, 0x250), (0x370, 0x530), (0x2010, 0x2070), (0x3000, 0x3100), (0x4E00, 0x4E80), (0xFB00, 0xFB07), (0x1F300, 0x1F700),
)  # fmt: skip


@pytest.fixture(scope="module")
def open_clip() -> Any:
    library = torchvision_shim.register()
    import open_clip
    import open_clip.model

    open_clip.kept_for_the_tests = library
    return open_clip


def network(package: Any, config: dict[str, Any], quick: bool) -> Any:
    """A random one that no part of can be left out without being seen."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        made = package.model.CLIP(**config, quick_gelu=quick).eval()
        for name, value in made.state_dict().items():
            if value.ndim == 1 and value.is_floating_point():
                value += 0.3 * torch.rand_like(value)
            if name.endswith("bn3.weight"):
                value.fill_(0.4)
    return made


@pytest.fixture(scope="module")
def folder(open_clip: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What open_clip pushes to a hub."""
    folder = tmp_path_factory.mktemp("open-clip-tiny")
    scaled = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": {**MODEL, "quick_gelu": True}, "preprocess_cfg": scaled}))
    torch.save(network(open_clip, MODEL, True).state_dict(), folder / "open_clip_pytorch_model.bin")
    return folder


@pytest.mark.skipif(HERE, reason="open_clip_torch is installed")
def test_without_the_package_it_is_told_what_to_install() -> None:
    with pytest.raises(BadRequest, match=r"openclip needs the package open_clip_torch .*: pip install 'reverie\[openclip\]'"):
        registry.build("perceptor", "openclip", {"model": "ViT-B-32"}, tiny.CPU)


def numbers(config: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    random.seed(0)
    texts = torch.zeros(3, 16, dtype=torch.long)
    for row, length in zip(texts, (3, 9, 16), strict=True):
        row[:length] = torch.tensor([49406, *random.choices(range(49000), k=length - 2), 49407])
    size = config["vision_cfg"]["image_size"]
    return torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(0)), texts


@installed
@pytest.mark.parametrize(("config", "quick"), [(MODEL, True), (MODEL, False), (RESNET, True)], ids=["vit-quick", "vit", "resnet"])
def test_our_network_says_the_same(open_clip: Any, config: dict[str, Any], quick: bool) -> None:
    theirs = network(open_clip, config, quick)
    held = {name: value for name, value in theirs.state_dict().items() if not name.endswith(("attn_mask", "num_batches_tracked"))}
    ours = CLIP(config_of({name: tuple(value.shape) for name, value in held.items()}, quick)).eval()
    ours.load_state_dict(held)
    pictures, texts = numbers(config)
    with torch.no_grad():
        assert torch.allclose(ours.look(pictures), theirs.encode_image(pictures, normalize=True), atol=1e-5)
        assert torch.allclose(ours.read(texts), theirs.encode_text(texts, normalize=True), atol=1e-5)


@installed
def test_heads_are_theirs(open_clip: Any) -> None:
    """Of every network in OpenAI's layout that open_clip knows."""
    seen = 0
    for name in open_clip.list_models():
        said = open_clip.get_model_config(name)
        picture, text = said["vision_cfg"], said["text_cfg"]
        if {"timm_model_name", "no_ln_pre", "attentional_pool"} & picture.keys() or "hf_model_name" in text or "custom_text" in said:
            continue
        with torch.device("meta"):
            theirs = open_clip.model.CLIP(
                said["embed_dim"],
                {**picture, "layers": picture["layers"] if isinstance(picture["layers"], list) else 1},
                {**text, "layers": 1},
            )
        shapes = {name: tuple(value.shape) for name, value in theirs.state_dict().items()}
        found, seen = config_of(shapes, True), seen + 1
        assert found.text.heads == text["heads"] and found.size == picture["image_size"]
        if isinstance(picture["layers"], list):
            assert found.image.heads == theirs.visual.attnpool.num_heads and found.image.layers == tuple(picture["layers"])  # type: ignore[union-attr]
        else:
            assert found.image.stack.heads == theirs.visual.transformer.resblocks[0].attn.num_heads  # type: ignore[union-attr]
    assert seen > 30


@installed
def test_our_tokenizer_says_the_same(open_clip: Any) -> None:
    """On what people type, and on letters at random, but for the few that ftfy takes for text in a wrong encoding."""
    theirs, ours = open_clip.tokenizer.SimpleTokenizer(), clip_tokens.load(clip_tokens.find(None), 49408)
    documents = [line for path in Path(__file__).parents[1].glob("**/*.md") for line in path.read_text(encoding="utf-8").splitlines()]
    letters, dice = [chr(code) for first, last in SCRIPTS for code in range(first, last)], random.Random(0)
    random_ones = ["".join(dice.choices(letters, k=dice.randint(1, 12))) for _ in range(1000)]

    def different(texts: Iterable[str]) -> list[str]:
        return [text for text in texts if theirs([text])[0].tolist() != ours([text], cut=True)[0]]

    assert len(documents) > 300 and not different((*TYPED, *documents))
    assert len(different(random_ones)) <= 5


@installed
def test_a_folder_by_both(folder: Path) -> None:
    """The package's network and ours, from the same files."""
    theirs = registry.build("perceptor", "openclip", {"model": str(folder)}, tiny.CPU)
    ours = registry.build("perceptor", str(folder), {}, tiny.CPU)
    assert isinstance(theirs, OpenClipPerceptor) and (theirs.size, theirs.dim) == (32, 16) and ours.network.config.quick
    views = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_()
    seen = theirs.look(views)
    assert torch.allclose(seen, ours.look(views), atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(theirs.read(["a red fox", "x"]), ours.read(["a red fox", "x"]), atol=1e-5)
    seen[1, 0].backward()
    assert views.grad is not None and views.grad[1].any() and not views.grad[0].any()


@installed
def test_a_network_by_name(open_clip: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ViT-tiny-quickgelu.json").write_text(json.dumps({**MODEL, "quick_gelu": True}))
    open_clip.add_model_config(tmp_path / "ViT-tiny-quickgelu.json")
    weights = str(folder / "open_clip_pytorch_model.bin")
    made = registry.build("perceptor", "openclip", {"model": "ViT-tiny-quickgelu", "weights": weights}, tiny.CPU)
    assert made.size == 32 and made.lens.mean.flatten()[0].item() == pytest.approx(0.48145466)
    for options, words in (
        ({"model": "ViT-tiny-quikgelu"}, "Did you mean 'ViT-tiny-quickgelu'"),
        ({"model": "ViT-tiny-quickgelu"}, "no weights '' for ViT-tiny-quickgelu"),
        ({"model": "ViT-B-32", "weights": weights}, "openclip could not make ViT-B-32 of"),
        ({}, "openclip needs a network and its weights"),
        ({"model": "hf-hub:a/b"}, "openclip needs a network and its weights"),
    ):
        with pytest.raises(BadRequest, match=words):
            registry.build("perceptor", "openclip", options, tiny.CPU)


@installed
def test_the_rules_are_kept(folder: Path) -> None:
    check_perceptor("openclip", options={"model": str(folder), "cut": True})


@installed
def test_pictures_are_scaled_as_the_weights_were_trained(open_clip: Any) -> None:
    """MobileCLIP and SigLIP by what all of their weights share; ViT-L-14's differ, and have to be named."""
    scale = {name: _trained(open_clip, Options(model=name, tag=tag)).get("force_preprocess_cfg") for name, tag in (
        ("MobileCLIP2-S0", ""), ("ViT-B-16-SigLIP2", ""), ("ViT-L-14", ""), ("ViT-B-32", "openai"))}  # fmt: skip
    assert scale["MobileCLIP2-S0"] == {"mean": (0, 0, 0), "std": (1, 1, 1)} and scale["ViT-L-14"] is None
    assert scale["ViT-B-16-SigLIP2"] == {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
    named = _trained(open_clip, Options(model="ViT-L-14", tag="laion2b_s32b_b82k"))
    assert named == {"force_preprocess_cfg": {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}}
    assert _trained(open_clip, Options(model="ViT-B-32", tag="openai"))["force_quick_gelu"] is True
    with pytest.raises(BadRequest, match="no tag of ViT-L-14 'openia'. Did you mean 'openai'"):
        _trained(open_clip, Options(model="ViT-L-14", tag="openia"))


@installed
def test_a_text_that_is_too_long(folder: Path) -> None:
    text = "a red fox and a blue bird on a green tree beside the old stone castle at night"
    made = registry.build("perceptor", "openclip", {"model": str(folder)}, tiny.CPU)
    with pytest.raises(BadRequest, match="is 20 tokens long and 16 are read: 'stone castle at night' would be left out"):
        made.read(["a fox", text])
    assert registry.build("perceptor", "openclip", {"model": str(folder), "cut": True}, tiny.CPU).read([text]).shape == (1, 16)


@installed
def test_how_it_reads(folder: Path) -> None:
    made = registry.build("perceptor", "openclip", {"model": str(folder)}, tiny.CPU)
    assert (made.limit, made.multilingual, made.count(""), made.count("a red fox")) == (14, False, 0, 3)
    assert {"red", "fox", "pyramid"} <= made.known()
    long = "a red fox and a blue bird on a green tree beside the old stone castle at night"
    assert [made.count(one) for one in pieces(long, made)] == [14, 4] and read([long], made).shape == (1, 16)


@installed
def test_a_tokenizer_whose_padding_ends_a_text(folder: Path) -> None:
    """SigLIP's: the end is told from padding by nothing."""

    class Ending:
        def __call__(self, texts: list[str], context_length: int = 8) -> torch.Tensor:
            rows = [[10 + ord(letter) for letter in text][: context_length - 1] for text in texts]
            return torch.tensor([row + [1] * (context_length - len(row)) for row in rows])

    told = _told(Ending(), cut=False)
    assert (told.limit, told.count(""), told.count("abc"), told.count("a" * 20)) == (7, 0, 3, 20)
    assert told.read(["a" * 7]).shape == (1, 8)
    with pytest.raises(BadRequest, match="8 are read"), pytest.MonkeyPatch.context() as patched:
        patched.setattr(Ending, "decode", lambda self, row: "", raising=False)
        told.read(["a" * 8])


@installed
def test_a_dream_is_painted_with_it(folder: Path) -> None:
    dream = Dream(
        "a red fox", perceptors=["openclip", f"{folder}:0.5"], generator="pixels", size=32, steps=2, views=2, init="random",
        precision="fp32", judge="none", options={"openclip": {"model": str(folder)}},
    )  # fmt: skip
    shown = list(frames([dream], device="cpu"))
    assert (shown[-1].final, shown[-1].step) == (True, 2) and not torch.equal(shown[0].pixels, shown[-1].pixels)


@installed
@pytest.mark.parametrize("config", [tiny_clip.VIT, tiny_clip.RESNET], ids=["vit", "resnet"])
def test_looking_is_one_graph(config: Any) -> None:
    """What is compiled has no breaks; here, since the compiler alone takes ten seconds to import."""
    made = tiny_clip.network(config)
    pictures = torch.randn(2, 3, config.size, config.size, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(torch.compile(made.look, fullgraph=True, backend="eager")(pictures), made.look(pictures), atol=1e-6)


def test_weights_may_be_an_installed_models(tmp_path: Path, own_home: Path) -> None:
    save_file({"x": torch.ones(1)}, tmp_path / "eyes.safetensors")
    record = add([tmp_path / "eyes.safetensors"], "my-eyes")
    assert _here(Options(model="ViT-B-32", weights="my-eyes")).weights == str(record.path)
    assert _here(Options(model="ViT-B-32", weights="some.pt")).weights == "some.pt" and _here(Options(model="x")).weights == ""
    with pytest.raises(BadRequest, match="reverie models pull"):
        _here(Options(model="RN50", weights="openclip-rn50-yfcc15m"))
