"""Stand-ins are there where the modules themselves cannot be imported, and do what a step needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from reverie.bench.standins import Attributes, Normalize, OmegaConf, StandIn, to_pil_image

USE = """
from reverie.bench.standins import stand_in
stand_in()
import pytorch_lightning as pl
import torch
from botocore.exceptions import ClientError
from main import instantiate_from_config
from torchvision import models, transforms
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Normalize
from torchvision.utils import save_image
import torchvision.transforms as T
assert issubclass(pl.LightningModule, torch.nn.Module) and issubclass(ClientError, Exception)
assert isinstance(instantiate_from_config({}), torch.nn.Module)
assert T.Compose is Compose
views = Compose([Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))])(torch.full((2, 3, 4, 4), 1.0))
assert views.unique().tolist() == [2.0], views
print("fine")
"""


def test_what_the_peers_import_is_there() -> None:
    done = subprocess.run([sys.executable, "-c", USE], capture_output=True, text=True)
    assert done.stdout == "fine\n", done.stderr


def test_normalising_leaves_the_picture_and_passes_gradients() -> None:
    picture = torch.rand(2, 3, 4, 4, requires_grad=True)
    mean, std = [0.1, 0.2, 0.3], [0.5, 0.25, 0.125]
    found = Normalize(mean, std)(picture)
    wanted = (picture - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    assert torch.equal(found, wanted)
    found.sum().backward()
    assert picture.grad is not None and picture.grad[0, 2].unique().tolist() == [8.0]


def test_yaml_becomes_attributes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("model:\n  params: {ch_mult: [1, 2], deep: {er: 3}}\n")
    found = OmegaConf.load(str(path))
    assert found.model.params.ch_mult == [1, 2] and found["model"]["params"].deep.er == 3
    assert isinstance(found.model, Attributes)


def test_pictures_and_unknown_names() -> None:
    picture: Image.Image = to_pil_image(torch.tensor([1.0, 0.0, 0.5])[:, None, None].expand(3, 2, 5))
    assert picture.size == (5, 2) and picture.getpixel((0, 0)) == (255, 0, 127)
    module = StandIn("some.module", {"known": 1})
    assert module.known == 1 and module.Anything().__class__ is module.Other
    assert module.Anything.BICUBIC is None
    with pytest.raises(AttributeError):
        _ = module.__file__
