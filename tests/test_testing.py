"""The conformance kit: what is built in passes it, and whoever breaks a rule is told which."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tiny
import torch
import torch.nn.functional as F
from pydantic import BaseModel, Field
from torch import Tensor

from reverie import registry
from reverie.errors import BadRequest, Unsupported
from reverie.files import read_recipe
from reverie.generators import pixels
from reverie.losses import total_variation
from reverie.perceptors.mini import MiniPerceptor
from reverie.rng import Rng
from reverie.testing import check_generator, check_import, check_objective, check_perceptor
from reverie.types import Latent

SIZE = (40, 24)
SOURCE = Path(registry.__file__).parents[1]
EXAMPLE = SOURCE.parent / "examples" / "reverie-plugin-glass"


def made_or_skipped(kind: str, name: str, options: dict[str, Any]) -> None:
    """Components whose weights have to be downloaded cannot be tried without them."""
    try:
        registry.build(kind, name, options, tiny.CPU)
    except BadRequest as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", registry.BUILT_IN["generator"])
def test_every_built_in_generator_keeps_the_rules(networks: tiny.Options, name: str) -> None:
    if name not in networks:
        made_or_skipped("generator", name, {})
    check_generator(name, SIZE, networks.get(name, {}), near=None if name in networks else 0.2)


@pytest.mark.parametrize("name", registry.BUILT_IN["perceptor"])
def test_every_built_in_perceptor_keeps_the_rules(networks: tiny.Options, name: str) -> None:
    if name not in networks:
        made_or_skipped("perceptor", name, {})
    check_perceptor(name, options=networks.get(name, {}))


# Generators that break one rule each.


class Canvas(pixels.Pixels):
    """Sound, to be spoilt."""

    def __init__(self) -> None:
        super().__init__(pixels.Options(contrast=0.5), tiny.CPU)


class Mute(Canvas):
    prior = None  # type: ignore[assignment]


class Rateless(Canvas):
    rate = 0.0


class Vague(Canvas):
    def check(self, height: int, width: int) -> None:
        if height < 8:
            raise BadRequest("too small")


class Abrupt(Canvas):
    def check(self, height: int, width: int) -> None:
        if height < 8:
            raise ValueError("too small")


class Narrow(Canvas):
    def __call__(self, latent: Latent) -> Tensor:
        return super().__call__(latent)[..., 1:]


class Unseeded(Canvas):
    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        return self.encode(torch.rand(len(rngs), 3, height, width) if image is None else image)


class Sharing(Canvas):
    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        if image is not None:
            return self.encode(image)
        return Latent((rngs[0].normal((len(rngs), 3, height, width), "start"),), height, width)


class Same(Canvas):
    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        return super().start([Rng(0)] * len(rngs), height, width, image)


class Double(Canvas):
    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        found = super().start(rngs, height, width, image)
        return replace(found, parts=(found.parts[0].double(),))


class Mixing(Canvas):
    def __call__(self, latent: Latent) -> Tensor:
        return super().__call__(latent) + 0.1 * latent.parts[0].mean()


class Detached(Canvas):
    def __call__(self, latent: Latent) -> Tensor:
        return super().__call__(latent).detach()


class Deaf(Canvas):
    """Half of its latent counts for nothing."""

    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        found = super().start(rngs, height, width, image)
        return replace(found, parts=(*found.parts, torch.zeros(len(rngs), 2)))

    def __call__(self, latent: Latent) -> Tensor:
        return super().__call__(latent) + 0 * latent.parts[1].sum()


class Exploding(Canvas):
    def __call__(self, latent: Latent) -> Tensor:
        return (super().__call__(latent) - 0.5) / 0


class Meddling(Canvas):
    def __call__(self, latent: Latent) -> Tensor:
        with torch.no_grad():
            latent.parts[0].mul_(0.5)
        return super().__call__(latent)


class Remembering(Canvas):
    painted = 0

    def __call__(self, latent: Latent) -> Tensor:
        self.painted += 1
        return super().__call__(latent) + 1e-3 * self.painted


class Replacing(Canvas):
    def project(self, latent: Latent) -> Any:
        return Latent(tuple(part.clamp(-1, 1) for part in latent.parts), latent.height, latent.width)


class Shrinking(Canvas):
    def project(self, latent: Latent) -> None:
        latent.parts[0].mul_(0.9)


class Summing(Canvas):
    def prior(self, latent: Latent) -> Tensor | None:
        return latent.parts[0].square().mean()


class Forgetful(Canvas):
    def encode(self, image: Tensor) -> Latent:
        return super().encode(torch.zeros_like(image))


class Silent(Canvas):
    def encode(self, image: Tensor) -> Latent:
        raise Unsupported


class HalfBlind(Canvas):
    def start(self, rngs: Sequence[Rng], height: int, width: int, image: Tensor | None = None) -> Latent:
        return super().start(rngs, height, width)

    def encode(self, image: Tensor) -> Latent:
        raise Unsupported("canvas cannot: pixels can")


class Fixed(Canvas):
    """Draws, but ever the same."""

    def draw(self, latent: Latent, rngs: Sequence[Rng], step: int) -> Tensor:
        return self(latent)


class Levelling(Canvas):
    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        found = super().grown(latent, height, width, slopes)
        return replace(found, parts=tuple(part - part.mean(0) for part in found.parts))


class Ringing(Canvas):
    def grown(self, latent: Latent, height: int, width: int, slopes: bool = False) -> Latent:
        found = super().grown(latent, height, width, slopes)
        return replace(found, parts=tuple(part - 1 if slopes else part for part in found.parts))


class Timid(Canvas):
    rate = 1e-30


class Loud(Canvas):
    def check(self, height: int, width: int) -> None:
        print("checking")


class Teaching(Canvas):
    def __init__(self) -> None:
        super().__init__()
        self.network = torch.nn.Linear(2, 2)


@pytest.mark.parametrize(
    ("maker", "told"),
    [
        (Mute, r"methods .*\n  Seen: Mute has no prior"),
        (Rateless, "`rate`: Adam's step size"),
        (Vague, r"names sizes which can .*\n  Seen: too small"),
        (Abrupt, r"raises BadRequest .*\n  Seen: ValueError: too small"),
        (Narrow, r"picture of 40x24 is a tensor of floats \[1, 3, 24, 40\].*\n  Seen: \[1, 3, 24, 39\]"),
        (Unseeded, "A start follows from its Rng alone"),
        (Sharing, "A dream starts among others as it does alone"),
        (Same, "Other seeds give other starts"),
        (Double, "float32 and leads with B"),
        (Mixing, "Rows never mix"),
        (Detached, r"differentiable .*\n  Seen: there is no gradient at all"),
        (Deaf, r"every part of the latent.*\n  Seen: the gradient to part 1 is zero"),
        (Exploding, "all finite"),
        (Meddling, "Painting leaves the latent as it is"),
        (Remembering, "The same latent paints the same picture"),
        (Replacing, "in place and returns nothing"),
        (Shrinking, "idempotent"),
        (Summing, r"`prior` is None or is a tensor of floats \[3\]"),
        (Forgetful, "An encoded picture paints nearly the same"),
        (Silent, "Unsupported says what"),
        (HalfBlind, "cannot start from one"),
        (Fixed, "Every step draws anew"),
        (Timid, "At its own rate"),
        (Levelling, "A row is carried among others"),
        (Ringing, "What is positive stays so"),
        (Loud, "print nothing"),
        (Teaching, "Weights are frozen"),
    ],
)
def test_a_generator_that_breaks_a_rule_is_told_which(maker: Callable[[], Any], told: str) -> None:
    check_generator(Canvas(), SIZE)
    with pytest.raises(AssertionError, match=told):
        check_generator(maker(), SIZE)


# Perceptors and objectives.


class Eye(MiniPerceptor):
    def __init__(self) -> None:
        super().__init__(tiny.clip(), tiny.tokenizer(), tiny.CPU)


class Long(Eye):
    def look(self, views: Tensor) -> Tensor:
        return 2 * super().look(views)


class Averaging(Eye):
    def look(self, views: Tensor) -> Tensor:
        seen = super().look(views)
        return F.normalize(seen + seen.mean(0), dim=-1)


class Unread(Eye):
    def read(self, texts: Sequence[str]) -> Tensor:
        return super().read(["a"] * len(texts))


class Learning(Eye):
    def __init__(self) -> None:
        super().__init__()
        self.network.requires_grad_(True)

    def read(self, texts: Sequence[str]) -> Tensor:
        return super().read(texts).detach()


class Dazzled(Eye):
    def look(self, views: Tensor) -> Tensor:
        with torch.no_grad():
            return super().look(views)


@pytest.mark.parametrize(
    ("maker", "told"),
    [
        (Long, "What is seen has unit length"),
        (Averaging, "Rows never mix"),
        (Unread, "Other texts are read as something else"),
        (Learning, "Weights are frozen"),
        (Dazzled, "differentiable with respect to the views"),
    ],
)
def test_a_perceptor_that_breaks_a_rule_is_told_which(maker: Callable[[], Any], told: str) -> None:
    check_perceptor(Eye())
    with pytest.raises(AssertionError, match=told):
        check_perceptor(maker())


@pytest.mark.parametrize(
    ("objective", "told"),
    [
        (lambda images, seen, step: total_variation(images).mean(), r"\[3\].*\n  Seen: \[\]"),
        (lambda images, seen, step: total_variation(images) + total_variation(images).mean(), "Rows never mix"),
        (lambda images, seen, step: total_variation(images.round()), "the gradient is zero"),
        (lambda images, seen, step: total_variation(images).detach(), "no gradient at all"),
        (lambda images, seen, step: total_variation(images) + torch.rand(3), "costs alone"),
        (lambda images, seen, step: total_variation(images).log().nan_to_num() / (1000 - step), "any step and size"),
        (lambda images, seen, step: 2 * total_variation(images).detach() - total_variation(images), "goes down along its gradient"),
    ],
)
def test_an_objective_that_breaks_a_rule_is_told_which(objective: Any, told: str) -> None:
    check_objective(lambda images, seen, step: total_variation(images), SIZE)
    check_objective(lambda images, seen, step: sum(views.embeddings[..., 0].mean(1) for views in seen.values()), SIZE)
    with pytest.raises(AssertionError, match=told):
        check_objective(objective, SIZE)


def module(model: type[BaseModel] | None, build: Callable[..., Any] | None) -> ModuleType:
    made = ModuleType("mine")
    made.Options, made.build = model, build  # type: ignore[attr-defined]
    return made


class Bare(BaseModel):
    size: int = 3


class Needy(BaseModel):
    size: int = Field(description="how large")


class Settled(BaseModel):
    contrast: float = Field(default=0.5, description="how strong")


def test_a_component_is_checked_by_its_module_too() -> None:
    def build(options: Settled, device: torch.device) -> pixels.Pixels:
        return pixels.Pixels(pixels.Options(contrast=options.contrast), device)

    check_generator(module(Settled, build), SIZE, {"contrast": 0.2})
    with pytest.raises(BadRequest, match="Did you mean 'contrast'"):
        check_generator(module(Settled, build), SIZE, {"contrst": 0.2})
    wrong: tuple[tuple[Any, Any, str], ...] = ((None, build, "`Options`"), (Settled, None, "`build"), (Bare, build, "description"))
    for model, maker, told in (*wrong, (Needy, build, "default")):
        with pytest.raises(AssertionError, match=told):
            check_generator(module(model, maker), SIZE)


def test_what_happens_while_importing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "writes.py").write_text("open('trace', 'w').close()")
    (tmp_path / "seeds.py").write_text("import torch; torch.manual_seed(3)")
    monkeypatch.setenv("PYTHONPATH", f"{SOURCE}{os.pathsep}{tmp_path}")
    monkeypatch.chdir(tmp_path)
    for name, told in (("writes", "open.*trace"), ("seeds", "random numbers")):
        with pytest.raises(AssertionError, match=told):
            check_import(name)
        assert name not in sys.modules


def test_the_example_is_installed_found_and_paints(tmp_path: Path) -> None:
    """As its README says; pip builds in a copy, since it leaves things behind."""
    shutil.copytree(EXAMPLE, tmp_path / "source", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    site = tmp_path / "site"
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{SOURCE}", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def python(*words: str) -> str:
        done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    python("pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site), str(tmp_path / "source"))
    told = python("reverie", "components", "glass", "window")
    assert "  glass  (reverie-plugin-glass 1.0)\n    -o glass.panes=300 " in told and "  window  (reverie-plugin-glass 1.0)\n" in told
    words = ("a rose", "--generator", "glass", "--objective", "window:2", "-o", "glass.panes=50", "--size", "64", "--steps", "2", "-q")
    (painted,) = python("reverie", *words, "--out", "rose.png").split()
    assert read_recipe(tmp_path / painted).dream.objectives == {"window": 2.0}
    assert "3 passed" in python("pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "source" / "tests"))
