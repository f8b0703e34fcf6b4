"""The loop: what is shown when, poison taken back for one dream only, the slow average, and stopping at any step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pytest
import tiny
import torch
from torch import Tensor

from reverie import begin
from reverie.course import Course
from reverie.optimisers import OPTIMISERS
from reverie.plan import Plan
from reverie.render import Coming, Shown, _one_behind, render
from reverie.step import Engine, decode
from reverie.types import Generator, Latent, Objective, Seen

NAN = float("nan")


@dataclass
class Run:
    """An engine, its latent and optimiser, as ``build.frames`` makes them."""

    engine: Engine
    latent: Latent
    optimiser: torch.optim.Optimizer

    def shown(self, steps: int = 4, **more: object) -> Iterator[Shown]:
        course = Course.begin(self.latent, self.optimiser, more.get("ema", 0.0))  # type: ignore[arg-type]
        return render(self.engine, course, steps, **more)  # type: ignore[arg-type]

    def state(self) -> list[Tensor]:
        """Copies of the latent and of Adam's moments, which are nothing before the first step."""
        parts, names = self.latent.parts, ("exp_avg", "exp_avg_sq")
        moments = [self.optimiser.state.get(part, {}).get(name, torch.zeros_like(part)) for part in parts for name in names]
        return [value.detach().clone() for value in (*parts, *moments)]


def run(networks: tiny.Options, *texts: str, generator: str = "pixels", extra: Objective | None = None, optimiser: str = "adam") -> Run:
    dreams = [tiny.dream(networks, text, seed=i, generator=generator) for i, text in enumerate(texts or ("a fox", "a bird", "a castle"))]
    engine = tiny.engine(dreams)
    if extra is not None:
        engine = replace(engine, objectives={**engine.objectives, "extra": extra})
    latent = begin.start(engine, dreams, Plan(tiny.CPU, False, 256))
    return Run(engine, latent, OPTIMISERS[optimiser](latent.parts, lr=engine.generator.rate))


def poison(row: int, steps: Iterable[int], value: float = NAN) -> Objective:
    """Nothing for every dream and step, but for one dream at some steps ``value``."""
    struck = set(steps)

    def objective(images: Tensor, seen: Seen, step: int) -> Tensor:
        factor = torch.zeros(len(images))
        if step in struck:
            factor[row] = value
        return images.mean((1, 2, 3)) * factor

    return objective


@pytest.mark.parametrize("generator", ["pixels", "stack", "vqgan"])
@pytest.mark.parametrize("struck", [(0,), (2,), (1, 2)])
def test_a_poisoned_step_is_taken_back_for_one_dream(networks: tiny.Options, generator: str, struck: tuple[int, ...]) -> None:
    bad, good = (run(networks, generator=generator, extra=poison(1, steps)) for steps in (struck, ()))
    before = bad.state()
    for bitten, clean in zip(bad.shown(), good.shown(), strict=True):
        after = bad.state()
        if bitten.step in struck:
            assert not bitten.whole[1]  # never shown
            assert all(torch.equal(now[1], then[1]) for now, then in zip(after, before, strict=True))
        before = after
        assert bitten.undone[1] == sum(step <= bitten.step for step in struck)
        for row in (0, 2):
            assert bitten.whole[row] and bitten.undone[row] == 0
            assert torch.equal(bitten.pixels[row], clean.pixels[row])
            assert all(torch.equal(term[row], clean.losses[name][row]) for name, term in bitten.losses.items())
    assert bitten.final and bitten.whole.all()
    for one, other in zip(bad.state(), good.state(), strict=True):
        assert torch.equal(one[::2], other[::2]) and one.isfinite().all()


def test_losses_of_a_struck_step_are_the_last_sound_ones(networks: tiny.Options) -> None:
    *_, before, _, _, last = run(networks, extra=poison(0, [2, 3])).shown()
    for name, term in last.losses.items():
        assert torch.equal(term[0], before.losses[name][0])
    assert not torch.equal(last.losses["resemblance"][1], before.losses["resemblance"][1])


def test_poison_at_every_step_leaves_the_first_picture(networks: tiny.Options) -> None:
    bad = run(networks, extra=poison(0, range(4)))
    first = decode(bad.engine, bad.latent).detach()
    last = list(bad.shown())[-1]
    assert last.undone.tolist() == [4, 0, 0]
    assert torch.equal(last.pixels[0], (first[0] * 255).round().to(torch.uint8).permute(1, 2, 0))


class Blind:
    """A generator whose picture of one dream is not finite the first times."""

    def __init__(self, inner: Generator, times: int) -> None:
        self.inner, self.rate, self.times = inner, inner.rate, times
        self.check, self.start, self.project, self.encode, self.prior = inner.check, inner.start, inner.project, inner.encode, inner.prior

    def __call__(self, latent: Latent) -> Tensor:
        images = self.inner(latent)
        if self.times > 0:
            self.times -= 1
            images = images * torch.tensor([NAN, 1, 1]).view(3, 1, 1, 1)
        return images


def test_a_picture_that_is_not_finite_is_not_shown(networks: tiny.Options) -> None:
    blind = run(networks)
    blind.engine = replace(blind.engine, generator=Blind(blind.engine.generator, 2))
    shown = list(blind.shown())
    assert [one.whole.tolist() for one in shown[:3]] == [[False, True, True], [False, True, True], [True, True, True]]
    assert shown[-1].undone.tolist() == [2, 0, 0] and shown[-1].whole.all()


def test_a_step_that_leaps_to_infinity_is_taken_back_and_counted(networks: tiny.Options) -> None:
    """Loss and gradient are finite: only the latent after the optimiser's step is not."""
    leaping = run(networks, extra=poison(2, [1], 1e36), optimiser="sgd")
    leaping.optimiser.param_groups[0]["lr"] = 1e38
    leaping.engine = replace(leaping.engine, objectives={"extra": leaping.engine.objectives["extra"]})
    start = leaping.latent.parts[0].detach().clone()
    shown = list(leaping.shown())
    assert shown[-1].undone.tolist() == [0, 0, 1]
    assert torch.equal(leaping.latent.parts[0].detach(), start)


def test_steps_show_the_picture_before_them_and_the_end_comes_last(networks: tiny.Options) -> None:
    once = run(networks)
    first = decode(once.engine, once.latent).detach()
    shown = list(once.shown(3))
    assert [(one.step, one.final) for one in shown] == [(0, False), (1, False), (2, False), (3, True)]
    assert torch.equal(shown[0].pixels, (first * 255).round().to(torch.uint8).permute(0, 2, 3, 1))
    assert not torch.equal(shown[0].pixels, shown[1].pixels)
    last = decode(once.engine, once.latent).detach()
    assert torch.equal(shown[-1].pixels, (last * 255).round().to(torch.uint8).permute(0, 2, 3, 1))


@pytest.mark.parametrize("wanted", [set(), {0}, {1, 3}])
def test_only_wanted_steps_are_shown(networks: tiny.Options, wanted: set[int]) -> None:
    shown = list(run(networks).shown(wants=lambda step: step in wanted))
    assert [one.step for one in shown] == [*sorted(wanted), 4]


def test_looking_changes_nothing(networks: tiny.Options) -> None:
    watched, alone = (list(run(networks).shown(wants=wants))[-1] for wants in (lambda step: True, lambda step: False))
    assert torch.equal(watched.pixels, alone.pixels)


@pytest.mark.parametrize("stop", range(5))
def test_stopping_ends_with_the_picture_so_far(networks: tiny.Options, stop: int) -> None:
    whole = list(run(networks).shown())
    asked = iter(range(100))
    early = list(run(networks).shown(should_stop=lambda: next(asked) >= stop))
    assert early[-1].final and early[-1].step == min(stop, 4) and sum(one.final for one in early) == 1
    assert torch.equal(early[-1].pixels, whole[stop].pixels)


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_no_steps_show_the_start(networks: tiny.Options, ema: float) -> None:
    (only,) = run(networks).shown(0, ema=ema)
    start = run(networks)
    assert only.final and only.step == 0 and only.undone.tolist() == [0, 0, 0]
    assert torch.equal(only.pixels, (decode(start.engine, start.latent) * 255).round().to(torch.uint8).permute(0, 2, 3, 1))


def test_the_final_picture_is_the_slow_averages(networks: tiny.Options) -> None:
    averaged = run(networks, generator="stack")
    slow = [part.detach().clone() for part in averaged.latent.parts]
    for one in averaged.shown(ema=0.3):
        if not one.final:
            keep = 1 - (1 - 0.3) / (1 - 0.3 ** (one.step + 2))
            slow = [keep * average + (1 - keep) * part.detach() for average, part in zip(slow, averaged.latent.parts, strict=True)]
    images = decode(averaged.engine, Latent(tuple(slow), 32, 32))
    assert ((images * 255).permute(0, 2, 3, 1) - one.pixels).abs().max() <= 0.51
    raw = decode(averaged.engine, averaged.latent)
    assert ((raw * 255).permute(0, 2, 3, 1) - one.pixels).abs().max() > 0.6


def test_poison_never_reaches_the_slow_average(networks: tiny.Options) -> None:
    assert list(run(networks, extra=poison(0, [0, 3])).shown(ema=0.9))[-1].whole.all()


def test_the_consumer_can_always_differentiate(networks: tiny.Options) -> None:
    """Also between two frames, the last ones too: another run may be interleaved with this one."""
    for _ in run(networks).shown():
        assert torch.is_grad_enabled()


def test_progress_and_step_reach_the_objectives(networks: tiny.Options) -> None:
    steps: list[int] = []

    def noting(images: Tensor, seen: Seen, step: int) -> Tensor:
        steps.append(step)
        return images.mean((1, 2, 3)) * 0

    list(run(networks, extra=noting).shown())
    assert steps == [0, 1, 2, 3]


def test_projection_holds_after_every_step(networks: tiny.Options) -> None:
    bounded = run(networks, generator="vqgan")
    with torch.no_grad():
        bounded.latent.parts[0].add_(100)
    for one in bounded.shown(2):
        assert one.final or bounded.latent.parts[0].max() < 10


def test_on_a_gpu_each_picture_is_shown_once_the_next_step_is_on_its_way(networks: tiny.Options) -> None:
    """None is lost where a step breaks, and none comes before its time."""
    shown, told = list(run(networks).shown(3)), list[str]()

    def coming(number: int) -> Coming:
        def arrive() -> Shown:
            told.append(f"picture {number}")
            return shown[number]

        return arrive

    def steps() -> Iterator[Coming]:
        for number, wanted in enumerate((True, False, True)):
            told.append(f"step {number}")
            yield coming(number) if wanted else None
        raise MemoryError

    late = _one_behind(steps())
    assert [next(late).step, next(late).step] == [0, 2]
    with pytest.raises(MemoryError):
        next(late)
    assert told == ["step 0", "step 1", "picture 0", "step 2", "picture 2"]
    assert [one.step for one in _one_behind(iter([coming(0), None, coming(2), coming(3)]))] == [0, 2, 3]
