"""A step asks the device for nothing and waits for nothing that it sends there, so that a GPU is never idle while the CPU thinks."""

from __future__ import annotations

from typing import Any

import pytest
import tiny
import tiny_clip
import torch
from meta import META, Watched, meta_as_a_device, moved

from reverie import begin, build
from reverie.course import Course
from reverie.nets.clip import CLIPConfig
from reverie.optimisers import optimiser
from reverie.perceptors.clip import ClipPerceptor
from reverie.perceptors.lens import CLIP_MEAN, CLIP_STD, Lens
from reverie.plan import Plan
from reverie.render import _taken
from reverie.types import Latent, Steady

DREAMS: dict[str, dict[str, Any]] = {
    "stack": {},
    "regions": {"prompts": "a fox @left | a bird @right:-1"},
    "transparent": {"transparent": True},
    "palette": {"palette": "red blue", "saturation": 1, "tv": 1, "symmetry": "both", "tile": "across", "ema": 0.9},
    "growing": {"views": 4, "first_views": 2},
    **{name: {"generator": name} for name in ("pixels", "fft", "siren", "vqgan", "logits", "biggan", "progan")},
    **{name: {"cutouts": name} for name in ("original", "updated", "nrupdated", "updatedpooling", "latest", "big-sleep", "deep-daze")},
}


@pytest.mark.parametrize("asked", DREAMS)
def test_a_step_waits_for_nothing(networks: tiny.Options, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dreams = [tiny.dream(networks, **{"seed": seed, "steps": 4, **DREAMS[asked]}) for seed in (1, 2)]
    build._component.cache_clear()
    engine = tiny.engine(dreams)
    latent = begin.start(engine, dreams, Plan(tiny.CPU, False, 256))
    engine = moved(engine)
    build._component.cache_clear()  # nobody else is to be given what was moved
    latent = Latent(tuple(part.detach().to(META).requires_grad_() for part in latent.parts), latent.height, latent.width)
    rules = moved(begin.rules(dreams, tiny.CPU))
    begin.judge_eye.cache_clear()
    course = Course.begin(latent, optimiser("adam", latent.parts, 0.1), dreams[0].ema, rules=rules)
    with meta_as_a_device(monkeypatch):
        steps = _taken(engine, course, 4, dreams[0].ema, lambda step: False, lambda: False, lambda course: None)
        for _ in range(2):  # what never changes is sent at the first step
            next(steps)
        with Watched() as watched:
            next(steps)
    assert watched.waited == []
    assert watched.sent, "views are drawn on the CPU"


@pytest.mark.parametrize("name", ["vqgan", "biggan", "progan"])
def test_what_may_be_recorded_is_sent_nothing(networks: tiny.Options, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording would copy from a place on the CPU that is somebody else's by then."""
    build._component.cache_clear()
    engine = tiny.engine([tiny.dream(networks, generator=name)])
    latent = begin.start(engine, [tiny.dream(networks, generator=name)], Plan(tiny.CPU, False, 256))
    engine = moved(engine)
    build._component.cache_clear()
    eyes = [engine.perceptors["mini"], *(moved(clip(config)) for config in (tiny_clip.VIT, tiny_clip.RESNET))]
    assert all(isinstance(one, Steady) and one.steady for one in (engine.generator, *eyes))
    parts = tuple(part.detach().to(META).requires_grad_() for part in latent.parts)
    with meta_as_a_device(monkeypatch), Watched() as watched:
        engine.generator(Latent(parts, latent.height, latent.width)).sum().backward()
        for eye in eyes:
            eye.look(torch.zeros(2, 3, eye.size, eye.size, device=META, requires_grad=True)).sum().backward()
    assert watched.waited == [] and watched.sent == 0


def clip(config: CLIPConfig) -> ClipPerceptor:
    return ClipPerceptor(tiny_clip.network(config), tiny_clip.tokenizer(), Lens(CLIP_MEAN, CLIP_STD, tiny.CPU), tiny.CPU)
