"""Files of chance weights are what people's checkpoints are: Reverie reads them as such, and makes them once."""

from __future__ import annotations

import zipfile
from pathlib import Path

import peers as small
import pytest
import tiny
import tiny_clip
import torch

from reverie.bench import chance
from reverie.nets.biggan import BigGAN
from reverie.perceptors import clip_files
from reverie.weights import load_biggan, load_vqgan


def test_clip_is_openais_archive(tmp_path: Path) -> None:
    path = chance.clip(tmp_path / "new" / "clip.pt", tiny_clip.VIT)
    network, _ = clip_files.load(str(path))
    assert network.config == tiny_clip.VIT and network.config.quick
    assert any("constants.pkl" in name for name in zipfile.ZipFile(path).namelist()), "TorchScript, which their own code reads"
    assert [file.name for file in path.parent.iterdir()] == ["clip.pt"]


def test_vqgan_is_tamings_checkpoint(tmp_path: Path) -> None:
    path = chance.vqgan(tmp_path / "vqgan.ckpt", small.CODES)
    assert load_vqgan(str(path), str(path.with_suffix(".yaml"))).config == small.CODES


def test_biggan_is_reveries(tmp_path: Path) -> None:
    assert load_biggan(str(chance.biggan(tmp_path / "biggan.safetensors", tiny.KINDS))).config == tiny.KINDS


def test_files_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "clip.pt"
    path.write_text("made before")
    assert chance.clip(path, tiny_clip.VIT).read_text() == "made before"


@pytest.mark.parametrize(
    ("config", "size"), [(chance.VIT_B_32, 224), (chance.DEEP_512, 512), (chance.F16_1024, 256)], ids=["clip", "biggan", "vqgan"]
)
def test_sizes_are_the_originals(config: object, size: int) -> None:
    assert getattr(config, "size", getattr(config, "resolution", 0)) == size


def test_biggan_doubles_its_channels_in_a_chain() -> None:
    with torch.device("meta"):
        BigGAN(chance.DEEP_512)
    inside, outside = ([layer[i] for layer in chance.DEEP_512.layers] for i in (1, 2))
    assert inside[1:] == outside[:-1] and len(inside) == 14, "big-sleep has fifteen latents: one for each, and the first"
