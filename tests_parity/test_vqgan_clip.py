"""Presets of the notebooks beside nerdyrodent's VQGAN-CLIP: the same networks and draws, the same losses and latents."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kornia.augmentation
import pytest
import torch
import torch.nn.functional as F
from originals import Dice, Seeded, checkout, definitions, losses, uniform
from torch import Tensor, nn, optim

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import tiny

from reverie import presets
from reverie.build import component
from reverie.dream import Dream
from reverie.rng import Rng

STEPS = 3
CLASSES = {
    "latest": "MakeCutouts", "original": "MakeCutoutsOrig", "updated": "MakeCutoutsUpdate", "nrupdated": "MakeCutoutsNRUpdate",
    "updatedpooling": "MakeCutoutsPoolingUpdate",
}  # fmt: skip
PARTS = (
    "sinc", "lanczos", "ramp", "resample", "ReplaceGrad", "replace_grad", "ClampWithGrad", "clamp_with_grad", "vector_quantize",
    "Prompt",
)  # fmt: skip
ALL = ["Ji", "Sh", "Gn", "Pe", "Ro", "Af", "Et", "Ts", "Cr", "Er", "Re"]


def dream(networks: tiny.Options, preset: str, **fields: Any) -> Dream:
    """The preset at a size of tiny networks."""
    small = {"size": 48, "steps": STEPS, "views": 6, "precision": "fp32", "judge": "none", "seed": 3}
    options = {name: networks[name] for name in ("vqgan", "mini")}
    given = {**small, **fields, "options": {**options, **fields.get("options", {})}}
    return Dream("a red fox | a blue bird:0.7 | stone:-0.4", **presets.over(presets.fields(preset), given))


def theirs(asked: Dream, augments: list[str]) -> tuple[list[float], list[Tensor]]:
    """The original's loop over its own pieces, with Reverie's networks and draws."""
    dice, rng = Dice(), Rng(asked.seed)
    around = {"torch": dice, "nn": nn, "F": F, "math": math, "K": kornia.augmentation, "args": SimpleNamespace(augments=[augments])}
    code = definitions(checkout("VQGAN_CLIP") / "generate.py", [*PARTS, *CLASSES.values()], around)
    vqgan, mini = (component(kind, name, asked, torch.device("cpu")) for kind, name in (("generator", "vqgan"), ("perceptor", "mini")))
    book = vqgan.network.quantize.embedding.weight
    cuts = getattr(code, CLASSES[asked.cutouts])(mini.size, asked.views, asked.options.get("cutouts", {}).get("power", 1.0))
    if hasattr(cuts, "augs"):
        cuts.augs = Seeded(cuts.augs, rng)
    prompts = [code.Prompt(mini.read([one.text]), one.weight) for one in asked.prompts]
    z = vqgan.start([rng], asked.height, asked.width).parts[0].clone().requires_grad_()
    origin, weight, step_size = z.detach().clone(), asked.init_weight, asked.rate
    opt, found, latents = optim.Adam([z], lr=step_size), [], []
    for i in range(STEPS):
        out = code.clamp_with_grad(vqgan.network.decode(code.vector_quantize(z.movedim(1, 3), book).movedim(3, 1)).add(1).div(2), 0, 1)
        sides = rng.uniform((asked.views,), "sides", i).tolist()
        places = rng.uniform((asked.views, 2), "offsets", i).tolist()
        grain = rng.normal((asked.views, 3, mini.size, mini.size), "noise", i)
        dice.load(rand=sides, randint=[draw for top, left in places for draw in (left, top)], randn_like=[grain])
        if hasattr(cuts, "augs"):
            cuts.augs.at = i
        with uniform([rng.uniform((asked.views, 1, 1, 1), "grain", i)]):
            seen = mini.look(cuts(out))
        terms = [prompt(seen) for prompt in prompts]
        rule = asked.options.get("init", {})
        if weight and rule.get("rule") == "zero":
            terms.append(F.mse_loss(z, torch.zeros_like(origin)) * (1 / torch.tensor(i * 2 + 1) * weight) / 2)
        elif weight:
            terms.append(F.mse_loss(z, origin) * weight / 2)
        opt.zero_grad(set_to_none=True)
        loss = sum(terms)
        loss.backward()
        opt.step()
        with torch.no_grad():
            z.copy_(z.maximum(vqgan.low).minimum(vqgan.high))
        found.append(loss.item())
        latents.append(z.detach().clone())
    return found, latents


def compare(asked: Dream, augments: list[str]) -> None:
    wanted, latents = theirs(asked, augments)
    found, parts = losses(asked)
    print(asked.cutouts, "worst loss", max(abs(a - b) for a, b in zip(found, wanted, strict=True)))
    assert found == pytest.approx(wanted, abs=1e-4)
    assert len(set(wanted)) == STEPS, "the loss moves"
    for (ours,), latent in zip(parts, latents, strict=True):
        # Adam's first steps have the gradient's sign alone, which rounding decides where it is nearly 0.
        assert (ours - latent).abs().flatten().quantile(0.99) < 1e-4


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tiny.Options:
    return tiny.save(tmp_path_factory.mktemp("networks"))


@pytest.mark.parametrize("init_weight", [0.0, 0.5])
@pytest.mark.parametrize("preset", ["vqgan-clip", "zquantize-notebook"])
def test_presets_are_their_originals(networks: tiny.Options, preset: str, init_weight: float) -> None:
    compare(dream(networks, preset, init_weight=init_weight), ["Af", "Pe", "Ji", "Er"])


@pytest.mark.parametrize("method", CLASSES)
def test_cut_methods_are_their_originals(networks: tiny.Options, method: str) -> None:
    letters = {"augments": " ".join(ALL)} if method in ("latest", "nrupdated") else {}
    compare(dream(networks, "vqgan-clip", cutouts=method, options={"cutouts": letters}), ALL)


@pytest.mark.parametrize("letter", ALL)
def test_each_letter_is_its_original(networks: tiny.Options, letter: str) -> None:
    compare(dream(networks, "vqgan-clip", options={"cutouts": {"augments": letter}}), [letter])


def test_small_cuts_are_their_originals(networks: tiny.Options) -> None:
    compare(dream(networks, "zquantize-notebook", size=96, options={"cutouts": {"power": 2.0}}), [])
