"""Small programs that behave as the peers do, and an environment in which they run; none of the peers' own code."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import tiny_clip

from reverie.bench import chance
from reverie.bench.peers import Sides
from reverie.bench.rivals import Rivals, Work
from reverie.bench.venv import Venv
from reverie.nets.vqgan import VQGANConfig

CODES = VQGANConfig(ch=32, ch_mult=(1, 2), num_res_blocks=1, attn_resolutions=(), resolution=32, z_channels=8, embed_dim=8, n_embed=32)
# What VQGAN-CLIP's imports, stops at and counts; it says what it was told.
GENERATE = """
import sys
from pathlib import Path
from omegaconf import OmegaConf
from taming.models import vqgan
from torchvision import transforms
from torchvision.transforms import functional as TF
from tqdm import tqdm
from CLIP import clip
import torch

told = {flag: value for flag, value in zip(sys.argv, sys.argv[1:]) if flag.startswith("-")}
config = OmegaConf.load(told["-conf"]).model
model = vqgan.VQModel(**config.params)
model.load_state_dict(torch.load(told["-ckpt"])["state_dict"], strict=False)
del model.loss
clip.load(told["-m"])
normalize = transforms.Normalize(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5])
i = 0
try:
    with tqdm() as pbar:
        while i < int(told["-i"]):
            normalize(torch.rand(4, 3, 32, 32))
            i += 1
            pbar.update()
except KeyboardInterrupt:
    pass
TF.to_pil_image(torch.rand(3, 8, 8)).save(told["-o"])
Path(__file__).with_name("ran").write_text(f"{i} steps of {told['-s']}, {told['-cuts']} views")
"""
VQMODEL = """
import pytorch_lightning as pl
import torch
from main import instantiate_from_config

class VQModel(pl.LightningModule):
    def __init__(self, embed_dim, n_embed, ddconfig, lossconfig):
        super().__init__()
        self.loss = instantiate_from_config(lossconfig)
"""
LOAD = """
from torchvision.transforms import Compose, InterpolationMode, Normalize, Resize

def load(path):
    Compose([Resize(224, interpolation=InterpolationMode.BICUBIC), Normalize((0.5,), (0.5,))])
    assert open(path, "rb").read(2) == b"PK"
"""
IMAGINE = """
import torch

class Imagine:
    def __init__(self, text, image_width, batch_size, gradient_accumulate_every, model_name, save_progress, open_folder):
        if image_width == 80:
            raise RuntimeError("80 is too wide for me")

    def train_step(self, epoch, iteration):
        return None, torch.zeros(())
"""


def checkouts(folder: Path) -> Rivals:
    """Three folders that pass for checkouts."""
    for name, text in {
        "vqgan-clip/generate.py": GENERATE, "taming/taming/models/vqgan.py": VQMODEL, "taming/taming/__init__.py": "",
        "taming/taming/models/__init__.py": "", "clip/clip/clip.py": LOAD, "clip/clip/__init__.py": "from .clip import *",
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Rivals(folder / "vqgan-clip", folder / "taming", folder / "clip", turns=1, steps=2, size=64, device="cpu")


def environment(folder: Path) -> Venv:
    """As the command makes it, but for what pip would fetch; a program that passes for deep-daze is in it."""
    made = Venv(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    made.see_beneath()
    (made.packages / "deep_daze.py").write_text(IMAGINE, encoding="utf-8")
    made.merges.parent.mkdir(parents=True)
    tiny_clip.write_merges(made.merges.parent, made.merges.name)
    return made


class SmallSides(Sides):
    """Both sides as they are, with tiny networks."""

    def files(self, work: Work) -> dict[str, str]:
        assert self.venv
        folder = self.venv.folder
        vqgan = chance.vqgan(folder / "vqgan.ckpt", CODES)
        clip = chance.clip(folder / "clip.pt", replace(tiny_clip.VIT, length=64))
        found = {"clip": clip, "merges": self.venv.merges, "vqgan": vqgan, "config": vqgan.with_suffix(".yaml")}
        return {name: str(path) for name, path in found.items()}
