"""The laws of the design that hold for a whole run. 3 comes with resuming; 5 and 6 are in test_imports and test_structure."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from reverie import Dream
from reverie.begin import start
from reverie.build import frames
from reverie.errors import BadRequest
from reverie.optimisers import OPTIMISERS
from reverie.plan import Plan
from reverie.step import decode, differentiate
from reverie.types import Frame, Latent

GENERATORS = ("pixels", "stack", "vqgan", "fft", "siren", "logits")
TEXTS = ("a red fox", "a bird | fog:-0.5:-0.9 | castle:2", "stone")


def paint(dream: Dream) -> list[Frame]:
    return list(frames([dream], device="cpu"))


def same(one: list[Frame], other: list[Frame]) -> bool:
    """Every frame to the bit, and its losses."""
    return all(
        a is not None and b is not None and torch.equal(a.pixels, b.pixels) and a.losses == b.losses for a, b in zip_longest(one, other)
    )


def digest(shown: list[Frame]) -> str:
    return sha256(b"".join(frame.pixels.numpy().tobytes() for frame in shown)).hexdigest()


# Law 1


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_1_the_same_dream_paints_the_same_pixels(networks: tiny.Options, generator: str, precision: str) -> None:
    dream = tiny.dream(networks, TEXTS[1], generator=generator, precision=precision, ema=0.5)
    first = paint(dream)
    torch.rand(5)  # what anybody else draws does not matter
    assert same(first, paint(dream))
    assert not same(first, paint(dream.model_copy(update={"seed": 1})))


def test_1_the_same_pixels_in_another_process(networks: tiny.Options) -> None:
    dreams = [tiny.dream(networks, TEXTS[0], generator=generator) for generator in GENERATORS]
    code = (
        "import sys, torch; torch.set_num_threads(1); sys.path.insert(0, sys.argv[1])\n"
        "from reverie import Dream; from test_laws import digest, paint\n"
        "for text in sys.argv[2:]: print(digest(paint(Dream.model_validate_json(text))))\n"
    )
    texts = [dream.model_dump_json() for dream in dreams]
    done = subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent), *texts], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [digest(paint(dream)) for dream in dreams]


# Law 2


def pictures(dreams: list[Dream], steps: int) -> Tensor:
    """What each step shows, unrounded: [steps + 1,B,3,H,W]."""
    engine = tiny.engine(dreams)
    latent = start(engine, dreams, Plan(tiny.CPU, False, 256))
    optimiser = OPTIMISERS[dreams[0].optimiser](latent.parts, lr=dreams[0].rate or engine.generator.rate)
    shown = [decode(engine, latent).detach()]
    for step in range(steps):
        optimiser.zero_grad()
        differentiate(engine, latent, step, step / steps)
        optimiser.step()
        shown.append(decode(engine, latent).detach())
    return torch.stack(shown)


@pytest.mark.parametrize("generator", ["pixels", "stack", "fft", "siren"])
@pytest.mark.parametrize(("optimiser", "tolerance"), [("sgd", 1e-5), ("adam", 1e-3)])
def test_2_woven_equals_alone(networks: tiny.Options, generator: str, optimiser: str, tolerance: float) -> None:
    """Kernels round differently for other batch sizes. Adam divides a gradient by its own size, so where one is nearly
    nothing that rounding decides which way it goes: its tolerance is a quarter of a grey level, and SGD's is strict."""
    rate = {"pixels": 300.0, "stack": 3.0, "fft": 300.0, "siren": 0.03}[generator] if optimiser == "sgd" else None
    fields: dict[str, Any] = {"generator": generator, "optimiser": optimiser, "rate": rate}
    dreams = [tiny.dream(networks, text, seed=i, **fields) for i, text in enumerate(TEXTS)]
    woven = pictures(dreams, steps=4)
    assert (woven[-1] - woven[0]).abs().amax((1, 2, 3)).min() > 0.01  # something was painted
    for i, dream in enumerate(dreams):
        alone = pictures([dream], steps=4)
        assert (alone[:, 0] - woven[:, i]).abs().max() < tolerance


def test_2_woven_equals_alone_whatever_the_words_go_through(networks: tiny.Options) -> None:
    """Long texts, blends, templates and pushes differ within a batch."""
    long, told = "a red fox and a blue bird on a tree, stone and water, a castle", ["a {}", "the {} on a table"]
    fields: list[dict[str, Any]] = [{"more": ["a castle"], "less": ["water"], "push": 2.0}, {"templates": told}, {}, {"more": ["stone"]}]
    texts = ("a red fox", "a bird && a castle:-0.5", long, long)
    rate: dict[str, Any] = {"generator": "pixels", "optimiser": "sgd", "rate": 300.0}
    dreams = [tiny.dream(networks, text, seed=i, **one, **rate) for i, (text, one) in enumerate(zip(texts, fields, strict=True))]
    assert len({dream.shape_key() for dream in dreams}) == 1
    woven = pictures(dreams, steps=3)
    assert (woven[-1] - woven[0]).abs().amax((1, 2, 3)).min() > 0.01
    for i, dream in enumerate(dreams):
        assert (pictures([dream], steps=3)[:, 0] - woven[:, i]).abs().max() < 1e-5


@pytest.mark.parametrize("generator", ["vqgan", "logits"])
def test_2_woven_codes_equal_alone(networks: tiny.Options, generator: str) -> None:
    """Of two codes that are equally near, rounding may choose either: nearly all of the later pictures agrees."""
    dreams = [tiny.dream(networks, text, seed=i, generator=generator) for i, text in enumerate(TEXTS)]
    woven = pictures(dreams, steps=4)
    assert ((woven[-1] - woven[0]).abs() > 0.01).float().mean() > 0.5  # codes did change
    for i, dream in enumerate(dreams):
        far = (pictures([dream], steps=4)[:, 0] - woven[:, i]).abs()
        assert far[0].max() < 1e-5 and (far < 1e-4).float().mean() > 0.98


@pytest.mark.parametrize("generator", GENERATORS)
def test_2_interleaved_equals_alone_to_the_bit(networks: tiny.Options, generator: str) -> None:
    one = tiny.dream(networks, TEXTS[0], generator=generator, steps=2)
    other = tiny.dream(networks, TEXTS[1], generator=generator, steps=4, seed=5, size="48x32")
    pairs = list(zip_longest(frames([one], device="cpu"), frames([other], device="cpu")))
    assert same([a for a, _ in pairs if a is not None], paint(one))
    assert same([b for _, b in pairs if b is not None], paint(other))


# Law 4


def test_4_frames_are_copies(networks: tiny.Options) -> None:
    painting = frames([tiny.dream(networks, seed=i) for i in range(2)], device="cpu")
    kept: list[Frame] = []
    copies: list[Tensor] = []
    for frame in painting:
        kept.append(frame)
        copies.append(frame.pixels.clone())
        frame.image.putpixel((0, 0), (1, 2, 3))
    assert all(torch.equal(frame.pixels, copy) for frame, copy in zip(kept, copies, strict=True))
    kept[0].pixels.zero_()
    assert all(torch.equal(frame.pixels, copy) for frame, copy in zip(kept[1:], copies[1:], strict=True))
    assert not torch.equal(copies[0], copies[-2])  # the picture did change


# Law 7


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("objective", ["resemblance", "tv", "range", "saturation"])
def test_7_every_objective_goes_down(networks: tiny.Options, generator: str, objective: str) -> None:
    """On the views of one step, at the generator's own rate."""
    dreams = [tiny.dream(networks, text, seed=i, generator=generator, tv=1, range=1, saturation=1) for i, text in enumerate(TEXTS)]
    engine = tiny.engine(dreams)
    engine = replace(engine, objectives={objective: engine.objectives[objective]})
    latent = start(engine, dreams, Plan(tiny.CPU, False, 256))
    optimiser = torch.optim.Adam(latent.parts, lr=engine.generator.rate)
    losses = []
    for _ in range(11):
        optimiser.zero_grad()
        losses.append(differentiate(engine, latent, 0, 0.0).loss)
        optimiser.step()
        with torch.no_grad():
            engine.generator.project(Latent(latent.parts, latent.height, latent.width))
    best = torch.stack(losses[1:]).amin(0)
    if objective == "range" and generator not in ("vqgan", "logits"):
        assert not torch.stack(losses).any()  # these never leave the range, or begin as grey
    else:
        assert (best < losses[0]).all(), (losses[0], best)


# Law 8


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("component", ["vqgan", "mini"])
def test_8_a_strangers_weights_are_never_run(networks: tiny.Options, tmp_path: Path, component: str) -> None:
    """A pickle under a safe name; what else can be wrong with a file is in test_weights."""
    (tmp_path / "w.safetensors").write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))
    dream = tiny.dream(networks | {component: {"weights": str(tmp_path / "w.safetensors")}}, generator="vqgan")
    with pytest.raises(BadRequest, match=r"w\.safetensors is not a readable safetensors file"):
        paint(dream)
    assert not (tmp_path / "ran").exists()
