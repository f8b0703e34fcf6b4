"""BigGAN-deep beside huggingface/pytorch-pretrained-BigGAN: its own files, read here, give its own pictures."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
import torch
from originals import Near
from pytorch_pretrained_biggan.config import BigGANConfig
from pytorch_pretrained_biggan.model import BigGAN

from reverie.weights import load_biggan

SMALLEST = [(False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8)]
LAYERS = {
    128: [*SMALLEST, (True, 8, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1)],
    256: [*SMALLEST, (True, 8, 8), (False, 8, 8), (True, 8, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1)],
}
LAYERS[512] = [*LAYERS[256], (False, 1, 1), (True, 1, 1)]


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("size", LAYERS)
def test_its_files_give_its_pictures(tmp_path: Path, size: int, new: bool, near: Near) -> None:
    torch.manual_seed(size)
    config = BigGANConfig(output_dim=size, z_dim=12, class_embed_dim=12, channel_width=8, num_classes=7, layers=LAYERS[size])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that torch has a newer spectral norm
        theirs = BigGAN(config)
    for name, value in theirs.named_buffers():
        if name.endswith("running_means"):
            value.normal_(0, 0.1)
        elif name.endswith("running_vars"):
            value.uniform_(0.5, 1.5)
    for name, value in theirs.named_parameters():
        if name in ("generator.bn.weight", "generator.bn.bias") or name.endswith("gamma"):
            torch.nn.init.uniform_(value, 0.5, 1.5)
    z, classes = torch.randn(2, 12), torch.rand(2, 7)
    for _ in range(3):  # spectral norms find their largest singular value step by step while training
        theirs.train()(z, classes, 1.0)
    theirs.eval()
    torch.save(theirs.state_dict(), tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=new)
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    ours = load_biggan(str(tmp_path))
    with torch.no_grad():
        for truncation in (1.0, 0.4):  # rows of the statistics; between them theirs takes each for the other
            wanted = theirs(z, classes, truncation)
            found = ours(z[:, None], classes[:, None], truncation)
            assert wanted.std() > 0.01 and wanted.shape == (2, 3, size, size)
            near(f"pictures, truncation {truncation}", found, wanted, 1e-5)
