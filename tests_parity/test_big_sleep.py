"""The preset big-sleep beside lucidrains' own, from a checkout: the same network and draws, the same losses, latents and averages."""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from originals import Dice, checkout, definitions, losses
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import tiny

from reverie import presets
from reverie.build import Kept, component, frames
from reverie.course import Course
from reverie.dream import Dream
from reverie.nets.biggan import BigGANConfig
from reverie.plan import Plan
from reverie.rng import Rng
from reverie.weights import save_network

STEPS, SIDE = 3, 4 << 2  # what the network below paints
# big-sleep counts on a thousand classes.
KINDS = BigGANConfig(
    z_dim=16, class_embed_dim=4, channel_width=8, num_classes=1000, layers=((True, 2, 2), (True, 2, 1)), attention_layer_position=1,
    n_stats=3,
)  # fmt: skip


def dream(networks: tiny.Options, prompts: str, **options: Any) -> Dream:
    small = {"size": SIDE, "steps": STEPS, "views": 6, "precision": "fp32", "judge": "none", "seed": 3}
    given = {"mini": networks["mini"], "biggan": {**networks["biggan"], **options.pop("biggan", {})}, **options}
    return Dream(prompts, **presets.over(presets.fields("big-sleep"), {**small, "options": given}))


def theirs(asked: Dream) -> tuple[list[float], list[tuple[Tensor, Tensor]], list[Tensor]]:
    """The original's forward, run as a method of a stand-in that holds Reverie's eyes and painter; losses, latents, averages."""
    dice, rng = Dice(), Rng(asked.seed)
    middle = SimpleNamespace(randint=lambda low, high: low + int(dice.next("anywhere") * (high - low + 1)),
                             gauss=lambda mu, sigma: mu + sigma * dice.next("gauss"))  # fmt: skip
    folder = checkout("BIG_SLEEP") / "big_sleep"
    around: dict[str, Any] = {"torch": dice, "nn": nn, "F": F, "random": middle, "deepcopy": deepcopy}
    average = definitions(folder / "ema.py", ["EMA"], dict(around)).EMA
    names = ["exists", "differentiable_topk", "rand_cutout", "Latents", "BigSleep"]
    code = definitions(folder / "big_sleep.py", names, {**around, "resample": None})
    mini, biggan = (component(kind, name, asked, torch.device("cpu")) for kind, name in (("perceptor", "mini"), ("generator", "biggan")))
    option, network = asked.options["biggan"], biggan.network
    dice.zeros, dice.tensor = torch.zeros, torch.tensor  # the first latents are overwritten below
    latents = code.Latents(network.depth, 1000, network.config.z_dim, option.get("max_classes"), option.get("temperature", 2.0))
    with torch.no_grad():
        for value, part in zip((latents.normu, latents.cls), biggan.start([rng], SIDE, SIDE).parts, strict=True):
            value.copy_(part[0])
    slow = average(latents, asked.ema)

    class Model:
        latents = slow

        def __call__(self) -> Tensor:
            noise, shares = slow()
            return (network(noise[None], shares[None], 1.0) + 1) / 2  # type: ignore[no-any-return]

    self = SimpleNamespace(
        image_size=SIDE, num_cutouts=asked.views, loss_coef=100, center_bias=asked.options.get("cutouts", {}).get("centre", False),
        experimental_resample=False, interpolation_settings={"mode": "nearest"}, normalize_image=lambda image: image,
        perceptor=SimpleNamespace(encode_image=mini.look), model=Model(),
    )  # fmt: skip
    self.sim_txt_to_img = lambda *arguments: code.BigSleep.sim_txt_to_img(self, *arguments)
    # The original always asks for views of 224.
    smaller = SimpleNamespace(interpolate=lambda image, size, **how: F.interpolate(image, (mini.size, mini.size), **how))
    code.BigSleep.forward.__globals__["F"] = smaller
    pos = [mini.read([prompt.text]) for prompt in asked.prompts if prompt.weight > 0]
    neg = [mini.read([prompt.text]) for prompt in asked.prompts if prompt.weight < 0]
    opt, found, parts, averages = torch.optim.Adam(latents.parameters(), asked.rate), [], [], []
    for i in range(STEPS):
        bells = rng.normal((asked.views,), "sides", i).tolist()
        even = rng.uniform((asked.views, 2), "offsets", i).tolist()
        around_middle = rng.normal((asked.views, 2), "offsets around the middle", i).tolist()
        dice.load(anywhere=[draw for pair in even for draw in pair], gauss=[bell for pair in around_middle for bell in pair])
        with normal(bells):
            _, terms = code.BigSleep.forward(self, pos, neg)
        loss = sum(terms)
        opt.zero_grad()
        loss.backward()
        opt.step()
        slow.update()
        found.append(loss.item())
        parts.append((latents.normu.detach().clone(), latents.cls.detach().clone()))
        averages.append(slow.average.normu.detach().clone())
    return found, parts, averages


class normal:  # noqa: N801 - a context manager
    """``Tensor.normal_`` gives the next of these, scaled as asked."""

    def __init__(self, values: list[float]) -> None:
        self.values, self.own = values, Tensor.normal_

    def __enter__(self) -> None:
        values = self.values
        Tensor.normal_ = lambda tensor, mean=0.0, std=1.0: tensor.fill_(mean + std * values.pop(0))  # type: ignore[method-assign,assignment]

    def __exit__(self, *_: object) -> None:
        Tensor.normal_ = self.own  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tiny.Options:
    folder = tmp_path_factory.mktemp("networks")
    found = tiny.save(folder)
    save_network(folder / "biggan.safetensors", "biggan", tiny.biggan(KINDS), KINDS)
    return found


@pytest.mark.parametrize(
    ("prompts", "options"),
    [
        ("a red fox", {}),
        ("a red fox | a blue bird", {}),
        ("a red fox | stone:-1", {}),
        ("a red fox", {"biggan": {"max_classes": 4, "temperature": 1.5}}),
    ],
)
def test_the_preset_is_its_original(networks: tiny.Options, prompts: str, options: dict[str, Any]) -> None:
    asked = dream(networks, prompts, **options)
    wanted, latents, _ = theirs(asked)
    found, parts = losses(asked)
    print("worst loss", max(abs(a - b) for a, b in zip(found, wanted, strict=True)), wanted)
    assert found == pytest.approx(wanted, abs=1e-4 * max(map(abs, wanted)))
    for ours, values in zip(parts, latents, strict=True):
        for part, value in zip(ours, values, strict=True):
            assert (part[0] - value).abs().flatten().quantile(0.99) < 1e-3


def test_the_slow_average_is_its_original(networks: tiny.Options) -> None:
    asked, slow = dream(networks, "a red fox"), list[Tensor]()

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        slow.append(course.slow[0][0].clone())

    for _ in frames([asked], wants=lambda step, steps: False, kept=Kept(keep=keep)):
        pass
    _, _, averages = theirs(asked)
    for ours, value in zip(slow, averages, strict=True):
        assert (ours - value).abs().flatten().quantile(0.99) < 1e-3
