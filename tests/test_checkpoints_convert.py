"""Other people's checkpoints become Reverie's own networks, once; what does not fit is told by name."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import originals
import pytest
import tiny
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from reverie import registry
from reverie.build import frames
from reverie.checkpoints.biggan import folded
from reverie.checkpoints.convert import converted
from reverie.checkpoints.read import read
from reverie.checks import check
from reverie.errors import BadRequest
from reverie.nets.vqgan import VQGAN
from reverie.weights import load_biggan, load_progan, load_vqgan


def alike(one: nn.Module, other: nn.Module) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.allclose(value, theirs[name], atol=1e-6) for name, value in mine.items())


def codes(network: VQGAN) -> torch.Tensor:
    with torch.no_grad():
        return network.quantize.named(network.encode(torch.linspace(-1, 1, 3 * 32 * 32).view(1, 3, 32, 32)))


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("config", [originals.FIRST_STAGE, originals.GUMBEL, replace(originals.FIRST_STAGE, mid_attention=False)])
def test_tamings_vqgan(tmp_path: Path, config: Any, new: bool) -> None:
    loaded, kept = load_vqgan(str(originals.taming(tmp_path, config, new))), tiny.vqgan(config)
    assert loaded.config == config and alike(loaded, kept)
    assert torch.equal(codes(loaded), codes(kept))


def test_a_gumbel_code_is_the_most_likely(tmp_path: Path) -> None:
    """The vote counts, and not what is near; every time the same."""
    network = tiny.vqgan(originals.GUMBEL)
    encoded = network.encode(torch.rand(1, 3, 32, 32))
    assert network.quantize.proj is not None
    assert torch.equal(network.quantize.named(encoded), network.quantize.proj(encoded).argmax(1))
    assert not torch.equal(network.quantize.named(encoded), network.quantize.indices(encoded))


def test_the_yaml_is_not_needed(tmp_path: Path) -> None:
    path = originals.taming(tmp_path)
    path.with_suffix(".yaml").unlink()
    loaded = load_vqgan(str(path))
    assert loaded.config == replace(originals.FIRST_STAGE, resolution=256, attn_resolutions=(128,))  # the same level by another name
    assert alike(loaded, tiny.vqgan(originals.FIRST_STAGE))


def test_a_first_stage_inside_a_transformer(tmp_path: Path) -> None:
    tensors = originals.taming_tensors(tiny.vqgan(originals.FIRST_STAGE), "first_stage_model.")
    path = originals.lightning(tensors | {"transformer.tok_emb.weight": torch.ones(9, 4)}, tmp_path / "faces.ckpt")
    inner = yaml.safe_load(originals.taming_yaml(originals.FIRST_STAGE, tmp_path / "x.yaml").read_text())["model"]
    inner["params"]["ckpt_path"] = "logs/2020/last.ckpt"
    outer = {"model": {"target": "taming.models.cond_transformer.Net2NetTransformer", "params": {"first_stage_config": inner}}}
    path.with_suffix(".yaml").write_text(yaml.safe_dump(outer))
    loaded = load_vqgan(str(path))
    assert loaded.config == originals.FIRST_STAGE and alike(loaded, tiny.vqgan(originals.FIRST_STAGE))


def test_a_wrong_yaml_is_refused(tmp_path: Path) -> None:
    path = originals.taming(tmp_path)
    wrong = originals.taming_yaml(originals.FIRST_STAGE, tmp_path / "other.yaml", n_embed=1024)
    with pytest.raises(BadRequest, match="n_embed is 1024 there, but 32 in the checkpoint"):
        load_vqgan(str(path), str(wrong))
    for change in ({"ch": 64}, {"ch_mult": [1, 4]}, {"attn_resolutions": [8]}):
        ddconfig = yaml.safe_load(path.with_suffix(".yaml").read_text())["model"]["params"]["ddconfig"] | change
        originals.taming_yaml(originals.FIRST_STAGE, wrong, ddconfig=ddconfig)
        with pytest.raises(BadRequest, match=f"The YAML is not that of .*{next(iter(change))} is"):
            load_vqgan(str(path), str(wrong))
    originals.taming_yaml(originals.GUMBEL, wrong)
    with pytest.raises(BadRequest, match="GumbelVQ, but the codebook is a plain one"):
        load_vqgan(str(path), str(wrong))


@pytest.mark.parametrize("text", ["!!python/object/apply:os.system ['touch ran']", "a: [", "a: " + "[" * 1500, "\0"])
def test_a_yaml_is_data(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = originals.taming(tmp_path)
    path.with_suffix(".yaml").write_text(text)
    with pytest.raises(BadRequest, match=r"vqgan\.yaml is not readable YAML"):
        load_vqgan(str(path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "change", [{"attn_resolutions": 16}, {"attn_resolutions": [None, "x", {}]}, {"ch": "many"}, {"ch_mult": {}}, {"resolution": []}]
)
def test_odd_numbers_in_a_yaml_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = originals.taming(tmp_path)
    ddconfig = yaml.safe_load(path.with_suffix(".yaml").read_text())["model"]["params"]["ddconfig"] | change
    originals.taming_yaml(originals.FIRST_STAGE, path.with_suffix(".yaml"), ddconfig=ddconfig)
    with pytest.raises(BadRequest, match="The YAML is not that of"):
        load_vqgan(str(path))


def test_odd_numbers_in_a_checkpoint_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"x\.pth is no progan that can be read"):
        load_progan(str(originals.gan_zoo(tmp_path / "x.pth", leakyReluLeak="much")))


def test_wrong_tensors_are_listed(tmp_path: Path) -> None:
    tensors = originals.taming_tensors(tiny.vqgan(originals.FIRST_STAGE))
    del tensors["decoder.conv_in.bias"]
    tensors |= {"stranger\n\x1b.weight": torch.ones(1), "decoder.conv_out.bias": torch.ones(4)}
    with pytest.raises(BadRequest) as caught:
        load_vqgan(str(originals.lightning(tensors, tmp_path / "x.ckpt")))
    message = str(caught.value)
    assert "does not hold a whole vqgan" in message and "(3 in all)" in message
    for wrong in ("missing decoder.conv_in.bias", "unknown stranger\\n\\x1b.weight", "decoder.conv_out.bias is (4,), not (3,)"):
        assert wrong in message


@pytest.mark.parametrize("new", [True, False])
def test_pretrained_biggan(tmp_path: Path, new: bool) -> None:
    folder = originals.pretrained_biggan(tmp_path / "biggan-deep-16", new)
    for name in (folder, folder / "pytorch_model.bin"):
        loaded = load_biggan(str(name))
        assert loaded.config == tiny.KINDS and alike(loaded, tiny.biggan())


def test_a_biggan_needs_its_configuration(tmp_path: Path) -> None:
    folder = originals.pretrained_biggan(tmp_path / "biggan")
    (folder / "config.json").write_text('{"z_dim": 4}')
    with pytest.raises(BadRequest, match="is not a BigGAN's"):
        load_biggan(str(folder))
    (folder / "config.json").unlink()
    with pytest.raises(BadRequest, match=r"no config\.json beside"):
        load_biggan(str(folder))


def test_a_folded_spectral_norm_is_torchs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is a newer one
        layers = nn.ModuleDict({"a": nn.utils.spectral_norm(nn.Conv2d(3, 5, 3)), "b": nn.utils.spectral_norm(nn.Linear(4, 6))})
    kept = layers.eval().state_dict()
    layers["a"](torch.ones(1, 3, 4, 4))
    layers["b"](torch.ones(1, 4))  # computes the weights that it uses
    for name in ("a", "b"):
        assert torch.allclose(folded(kept)[f"{name}.weight"], layers[name].weight, atol=1e-6)  # type: ignore[arg-type]


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_gan_zoos_progan(tmp_path: Path, wrapped: bool, new: bool) -> None:
    loaded = load_progan(str(originals.gan_zoo(tmp_path / "celeba.pth", wrapped=wrapped, new=new)))
    assert loaded.config == tiny.GROWN and alike(loaded, tiny.progan())
    assert alike(load_progan(str(originals.gan_zoo(tmp_path / "g.pth", average=False, leakyReluLeak=0.1))), tiny.progan(seed=1))
    assert load_progan(str(tmp_path / "g.pth")).config.leak == 0.1


def test_a_progan_that_would_not_look_right_is_refused(tmp_path: Path) -> None:
    for change in ({"alpha": 0.5}, {"equalizedlR": False}, {"perChannelNormalization": False}):
        with pytest.raises(BadRequest, match="of a kind of ProGAN"):
            load_progan(str(originals.gan_zoo(tmp_path / "x.pth", **change)))


def test_a_checkpoint_is_converted_once(tmp_path: Path, own_home: Path) -> None:
    path = originals.taming(tmp_path)
    kept = converted(path, "vqgan")
    assert kept.parent == own_home / "cache" / "converted"
    with safe_open(kept, framework="pt") as file:
        header = json.loads(file.metadata()["reverie"])
    data, said = ({"name": one.name, "sha256": hashlib.sha256(one.read_bytes()).hexdigest(), "bytes": one.stat().st_size} for one in
                  (path, path.with_suffix(".yaml")))  # fmt: skip
    assert header["source"] == {**data, "form": "torch", "config": said}
    stamp = kept.stat().st_mtime_ns
    assert converted(path, "vqgan") == kept and kept.stat().st_mtime_ns == stamp
    originals.taming(tmp_path, originals.GUMBEL)
    assert converted(path, "vqgan") != kept
    assert {file.name for file in tmp_path.iterdir()} == {"vqgan.ckpt", "vqgan.yaml"}


def test_it_is_converted_again_when_only_its_configuration_has_changed(tmp_path: Path) -> None:
    folder = originals.pretrained_biggan(tmp_path / "biggan")
    assert load_biggan(str(folder)).config.eps == 1e-4
    config = folder / "config.json"
    config.write_text(config.read_text().replace("1e-4", "1e-3"))
    assert load_biggan(str(folder)).config.eps == 1e-3
    path = originals.taming(tmp_path)
    assert load_vqgan(str(path)).config.resolution == 32
    originals.taming_yaml(replace(originals.FIRST_STAGE, resolution=64, attn_resolutions=(32,)), path.with_suffix(".yaml"))
    assert load_vqgan(str(path)).config.resolution == 64
    path.with_suffix(".yaml").unlink()
    assert load_vqgan(str(path)).config.resolution == 256


def test_numbers_stay_as_they_were_stored(tmp_path: Path) -> None:
    tensors = {name: value.half() for name, value in originals.taming_tensors(tiny.vqgan(originals.FIRST_STAGE)).items()}
    found = read(converted(originals.lightning(tensors, tmp_path / "half.ckpt"), "vqgan"))
    assert {value.dtype for value in found.tensors.values()} == {torch.float16}


def test_every_kind_paints_by_its_path(tmp_path: Path, networks: tiny.Options) -> None:
    """As ``--generator PATH``, of a file or a folder; the same pixels as the component with those weights."""
    paths = {
        "vqgan": originals.taming(tmp_path),
        "biggan": originals.pretrained_biggan(tmp_path / "biggan-deep-16"),
        "progan": originals.gan_zoo(tmp_path / "celeba.pth"),
    }
    for kind, path in paths.items():
        registry.check("generator", str(path))
        dream = tiny.dream(networks, generator=str(path))
        painted = list(frames([dream], device="cpu"))[-1]
        again = tiny.dream({**networks, kind: {"weights": str(path)}}, generator=kind)
        assert torch.equal(painted.pixels, list(frames([again], device="cpu"))[-1].pixels), kind


def test_the_readers_options_reach_a_path(tmp_path: Path, networks: tiny.Options) -> None:
    """``--generator FILE -o vqgan.config=YAML``; under the file's own name they count before."""
    path = originals.taming(tmp_path)
    yaml_, wrong = tmp_path / "elsewhere.yaml", originals.taming_yaml(originals.FIRST_STAGE, tmp_path / "wrong.yaml", n_embed=1024)
    path.with_suffix(".yaml").rename(yaml_)
    dream = tiny.dream({**networks, "vqgan": {}}, generator=str(path))
    told = dream.model_copy(update={"options": {**dream.options, "vqgan": {"config": str(yaml_)}}})
    check(told)
    assert list(frames([told], device="cpu"))
    bad = dream.model_copy(update={"options": {**dream.options, "vqgan": {"config": str(wrong)}}})
    with pytest.raises(BadRequest, match="n_embed is 1024 there"):
        list(frames([bad], device="cpu"))
    over = bad.model_copy(update={"options": {**bad.options, str(path): {"config": str(yaml_)}}})
    assert registry.given("generator", str(path), over.options) == {"config": str(yaml_)}
    assert list(frames([over], device="cpu"))
    with pytest.raises(BadRequest, match="option of"):
        check(dream.model_copy(update={"options": {"vqgan": {"wings": 2}}}))
    with pytest.raises(BadRequest, match="component with options in this dream"):
        check(dream.model_copy(update={"options": {"biggan": {"basis": 1}}}))


def test_another_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"holds no VQGAN.*It looks like progan: give it as --generator"):
        load_vqgan(str(originals.gan_zoo(tmp_path / "celeba.pth")))
    save_file({"x": torch.zeros(1)}, tmp_path / "plain.bin")
    for load, kind in ((load_vqgan, "VQGAN"), (load_biggan, "BigGAN"), (load_progan, "ProGAN")):
        with pytest.raises(BadRequest, match=f"holds no {kind}"):
            load(str(tmp_path / "plain.bin"))


def test_a_foreign_safetensors_file_is_converted_too(tmp_path: Path) -> None:
    save_file(originals.taming_tensors(tiny.vqgan(originals.FIRST_STAGE)), tmp_path / "taming.safetensors")
    assert alike(load_vqgan(str(tmp_path / "taming.safetensors")), tiny.vqgan(originals.FIRST_STAGE))
