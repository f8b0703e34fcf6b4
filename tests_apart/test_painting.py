"""A painting on a device apart is the painting on the CPU, and no step of it waits: the device is never idle while the CPU thinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import tiny
import tiny_clip
import torch
from device import KIND, NAME, Module, Traffic
from test_memory import narrowed
from torch import Tensor

from reverie import begin, build
from reverie.build import Kept, frames
from reverie.dream import Dream
from reverie.memory import Portions
from reverie.nets.clip import CLIPConfig
from reverie.perceptors.clip import ClipPerceptor
from reverie.perceptors.lens import CLIP_MEAN, CLIP_STD, Lens
from reverie.plan import Plan, pick_device
from reverie.step import Engine
from reverie.types import Frame, Latent, Seen, Steady

GENERATORS = ("pixels", "fft", "siren", "vqgan", "logits", "biggan", "progan")
DREAMS: dict[str, dict[str, Any]] = {
    "stack": {"generator": "stack"},
    "regions": {"prompts": "a fox @left | a bird @right:-1"},
    "transparent": {"transparent": True},
    "palette": {"palette": "red blue", "saturation": 1, "tv": 1, "symmetry": "both", "tile": "across", "ema": 0.9},
    "growing": {"views": 4, "first_views": 2},
    "best": {"keep_best": True},
    "layer": {"layers": ["mini:blocks.1"], "generator": "fft"},
    "held": {"init": "noise", "init_weight": 0.5},
    "pushed": {"prompts": "a fox && a bird | noise(3):0.1", "more": "the sun", "templates": "a photo of {} | {}"},
    "bf16": {"generator": "vqgan", "precision": "bf16"},
    **{name: {"generator": name} for name in GENERATORS},
    **{f"from {name}": {"init": name} for name in ("sketch", "sample", "noise")},
    "from sketch, clear": {"generator": "biggan", "init": "sketch", "transparent": True},
    **{name: {"cutouts": name} for name in ("original", "updated", "nrupdated", "updatedpooling", "latest", "big-sleep", "deep-daze")},
    **{name: {"optimiser": name} for name in ("adamw", "adagrad", "adamax", "radam", "rmsprop", "sgd", "adamp", "diffgrad")},
}
# The device is asked for whether the judge is sure enough, and pictures are enlarged between the legs of a way.
ASKING: dict[str, dict[str, Any]] = {
    "sure": {"stop_at": 0.99},
    "patient": {"patience": 2},
    "coarse": {"coarse": 0.5},
    "zoom": {"zoom": 1.1, "zoom_every": 2},
}
RECORDED = ("stack", "vqgan", "biggan", "progan")
STEPS = 6


def two(networks: tiny.Options, asked: dict[str, Any]) -> list[Dream]:
    return [tiny.dream(networks, **{"seed": seed, "steps": STEPS, **asked}) for seed in (1, 2)]


def near(shown: Sequence[Frame], wanted: Sequence[Frame]) -> bool:
    """But for rounding: of a sum over all dreams' views, which a device does at once, and of what Adam makes of it."""
    pixels = [(one.pixels.int() - other.pixels.int()).abs().max().item() for one, other in zip(shown, wanted, strict=True)]
    losses = [abs(one.loss - other.loss) for one, other in zip(shown, wanted, strict=True)]
    return max(pixels) <= 1 and max(losses) < 1e-4


@pytest.mark.parametrize("asked", [*DREAMS, *ASKING])
def test_a_painting_is_the_cpus(networks: tiny.Options, asked: str, traffic: Traffic) -> None:
    dreams = two(networks, (DREAMS | ASKING)[asked])
    marks: list[int] = []

    def wants(step: int, steps: int) -> bool:
        marks.append(len(traffic.waited))
        return True

    shown = list(frames(dreams, device=NAME, wants=wants))
    if KIND == "cuda" and asked in DREAMS:  # what never changes is sent at the first step, and networks are recorded at the third
        assert traffic.waited[marks[3] : marks[-1]] == [] and traffic.sent
    assert bool(traffic.recorded) or asked not in RECORDED or KIND != "cuda"
    if asked != "bf16":  # where a CPU computes other layers in bf16 than CUDA
        assert near(shown, list(frames(dreams, device="cpu")))
    assert [one.final for one in shown].count(True) == 2 and all(one.loss == one.loss for one in shown)


def test_a_step_that_was_taken_back_is_counted_when_it_was(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """The count goes on growing while a copy of it is on its way."""
    whole = build.engine

    def struck(images: Tensor, seen: Seen, step: int) -> Tensor:
        return images.mean((1, 2, 3)) * (float("nan") if step in (1, 2, 4) else 0)

    def engine(*given: Any) -> Engine:
        made = whole(*given)
        return replace(made, objectives={**made.objectives, "struck": struck})

    monkeypatch.setattr(build, "engine", engine)
    shown, wanted = (list(frames(two(networks, {}), device=device)) for device in (NAME, "cpu"))
    assert [(one.step, one.undone) for one in shown] == [(one.step, one.undone) for one in wanted]
    assert wanted[-1].undone == 3


def test_the_default_is_the_device() -> None:
    assert pick_device("auto").type == NAME


@pytest.mark.parametrize("asked", ["stack", "updated", "biggan"])
def test_exact_paintings_cut_their_views_on_the_cpu(networks: tiny.Options, asked: str, traffic: Traffic) -> None:
    dreams, place = two(networks, DREAMS[asked]), torch.device(NAME)
    shown = list(frames(dreams, kept=Kept(plan=Plan(place, False, 256, exact=True))))
    assert near(shown, list(frames(dreams, device="cpu"))) and not torch.are_deterministic_algorithms_enabled()


def test_what_does_not_fit_is_made_in_portions(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    dreams = two(networks, {"generator": "vqgan"})
    wanted = list(frames(dreams, device="cpu"))
    narrowed(monkeypatch, views=3, dreams=1)
    assert near(list(frames(dreams, device=NAME)), wanted)


def test_little_room_is_seen_before_the_first_step(networks: tiny.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    dreams, found = two(networks, {"generator": "vqgan"}), list[Portions | None]()
    for named in ("mem_get_info", "recommended_max_memory"):
        monkeypatch.setattr(Module, named, staticmethod(lambda *given: (1 << 20, 0) if given else 1 << 20))
    kept = Kept(keep=lambda plan, course, leaving: found.append(course.portions))
    assert near(list(frames(dreams, device=NAME, kept=kept)), list(frames(dreams, device="cpu")))
    assert found[0] and found[0].frugal and found[0].dreams == 1


@pytest.mark.skipif(KIND != "cuda", reason="only CUDA records")
@pytest.mark.parametrize("name", ["vqgan", "biggan", "progan"])
def test_what_may_be_recorded_is_sent_nothing(networks: tiny.Options, name: str, traffic: Traffic) -> None:
    """A recording would copy from a place on the CPU that is somebody else's by then."""
    dreams, plan = two(networks, {"generator": name}), Plan(torch.device(NAME), False, 256)
    engine = build.engine(dreams, plan)
    latent = begin.start(engine, dreams, plan)
    eyes = [engine.perceptors["mini"], *(clip(config, plan.device) for config in (tiny_clip.VIT, tiny_clip.RESNET))]
    assert all(isinstance(one, Steady) and one.steady for one in (engine.generator, *eyes))
    parts = tuple(part.detach().requires_grad_() for part in latent.parts)
    views = [torch.zeros(2, 3, eye.size, eye.size, device=NAME, requires_grad=True) for eye in eyes]
    traffic.waited.clear()
    traffic.sent = 0
    engine.generator(Latent(parts, latent.height, latent.width)).sum().backward()
    for eye, seen in zip(eyes, views, strict=True):
        eye.look(seen).sum().backward()
    assert traffic.waited == [] and traffic.sent == 0


def clip(config: CLIPConfig, place: torch.device) -> ClipPerceptor:
    return ClipPerceptor(tiny_clip.network(config).to(place), tiny_clip.tokenizer(), Lens(CLIP_MEAN, CLIP_STD, place), place)
