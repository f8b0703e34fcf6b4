"""The preset deep-daze beside lucidrains' own, from a checkout: the same network of sines and draws, the same losses and weights."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from originals import Dice, checkout, definitions, losses
from torch import Tensor, nn
from torch_optimizer import AdamP

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import tiny
from siren_pytorch import SirenNet, SirenWrapper

from reverie import presets
from reverie.build import component
from reverie.dream import Dream
from reverie.rng import Rng

STEPS, CUTS, ACCUMULATED = 3, 4, 2


def dream(networks: tiny.Options, **cutouts: Any) -> Dream:
    small = {"size": 40, "steps": STEPS, "views": CUTS * ACCUMULATED, "precision": "fp32", "judge": "none", "seed": 3, "rate": 1e-4}
    options = {"mini": networks["mini"], "siren": {"layers": 4, "width": 16}, "resemblance": {"group": CUTS}, "cutouts": cutouts}
    return Dream("a red fox", **presets.over(presets.fields("deep-daze"), {**small, "options": options}))


def theirs(asked: Dream) -> tuple[list[float], list[list[Tensor]]]:
    """The original's forward, run as a method of a stand-in that holds Reverie's eyes and siren_pytorch's network."""
    dice, rng, option = Dice(), Rng(asked.seed), asked.options["cutouts"]
    middle = SimpleNamespace(randint=lambda low, high: low + int(dice.next("anywhere") * (high - low + 1)),
                             gauss=lambda mu, sigma: mu + sigma * dice.next("gauss"))  # fmt: skip
    around: dict[str, Any] = {"torch": dice, "nn": nn, "F": F, "random": middle, "autocast": lambda enabled: nullcontext()}
    around["interpolate"] = lambda image, size: F.interpolate(image, (size, size), mode="bilinear", align_corners=False)
    names = ["norm_siren_output", "rand_cutout", "DeepDaze", "exists", "default", "interpolate"]
    code = definitions(checkout("DEEP_DAZE") / "deep_daze" / "deep_daze.py", names, around)
    mini, siren = (component(kind, name, asked, torch.device("cpu")) for kind, name in (("perceptor", "mini"), ("generator", "siren")))
    net = SirenNet(dim_in=2, dim_hidden=16, num_layers=4, dim_out=3, use_bias=True, w0=30.0, w0_initial=30.0)
    start = siren.start([rng], asked.height, asked.width).parts
    with torch.no_grad():
        for value, part in zip(net.parameters(), start, strict=True):
            value.copy_(part[0])
    self = SimpleNamespace(
        model=SirenWrapper(net, image_width=asked.width, image_height=asked.height), saturate_bound=option.get("saturate", False),
        saturate_limit=0.75, lower_bound_cutout=0.1, upper_bound_cutout=1.0, gauss_sampling=False, gauss_mean=0.6, gauss_std=0.2,
        do_cutout=not option.get("whole", False), center_bias=option.get("centre", False), center_focus=2, averaging_weight=0.3,
        loss_coef=100, batch_size=CUTS, num_batches_processed=0, total_batches=STEPS * CUTS * ACCUMULATED, input_resolution=mini.size,
        normalize_image=lambda image: image, perceptor=SimpleNamespace(encode_image=mini.look),
    )  # fmt: skip
    self.sample_sizes = lambda *arguments: code.DeepDaze.sample_sizes(self, *arguments)
    opt, said, found, weights = AdamP(net.parameters(), asked.rate), mini.read([asked.prompts[0].text]), [], []
    for i in range(STEPS):
        sides = rng.uniform((asked.views,), "sides", i)
        even = rng.uniform((asked.views, 2), "offsets", i).tolist()
        bells = rng.normal((asked.views, 2), "offsets around the middle", i).tolist()
        total = 0.0
        self.num_batches_processed = i * CUTS * ACCUMULATED  # progress is by steps here
        for k in range(ACCUMULATED):
            dice.load(randint=[sides[k * CUTS : (k + 1) * CUTS]], gauss=[bell for pair in bells[k * CUTS :] for bell in pair])
            dice.queue["anywhere"] = [draw for pair in even[k * CUTS : (k + 1) * CUTS] for draw in pair]
            _, loss = code.DeepDaze.forward(self, said)
            self.num_batches_processed = i * CUTS * ACCUMULATED
            (loss / ACCUMULATED).backward()
            total += loss.item() / ACCUMULATED
        opt.step()
        opt.zero_grad()
        found.append(total)
        weights.append([value.detach().clone() for value in net.parameters()])
    return found, weights


def randint(self: Dice, low: int, high: int, shape: Any) -> Tensor:
    return torch.tensor([low + int(draw * (high - low)) for draw in self.next("randint").tolist()])


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tiny.Options:
    return tiny.save(tmp_path_factory.mktemp("networks"))


@pytest.mark.parametrize("cutouts", [{}, {"saturate": True}, {"whole": True}])
def test_the_preset_is_its_original(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch, cutouts: dict[str, Any]) -> None:
    monkeypatch.setattr(Dice, "randint", randint)
    asked = dream(networks, **cutouts)
    wanted, weights = theirs(asked)
    found, parts = losses(asked)
    print("worst loss", max(abs(a - b) for a, b in zip(found, wanted, strict=True)), wanted)
    assert found == pytest.approx(wanted, abs=1e-4)
    for ours, values in zip(parts, weights, strict=True):
        for part, value in zip(ours, values, strict=True):
            assert (part[0] - value).abs().flatten().quantile(0.99) < 1e-5
