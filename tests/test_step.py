"""One step: the gradient is the same however the views are cut into chunks, and every part adds its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny
import torch
from torch import Tensor

from reverie import begin
from reverie.cutouts import Cutter
from reverie.losses import spherical
from reverie.perceptors.mini import MiniPerceptor
from reverie.plan import Plan
from reverie.step import Engine, Score, decode, differentiate
from reverie.types import Generator, Latent, Objective, Seen

GENERATORS = ("pixels", "stack", "vqgan", "logits")


def of_mean(images: Tensor, seen: Seen, step: int) -> Tensor:
    """An objective on the mean over views and perceptors: it cannot be taken apart view by view."""
    means = [views.embeddings.mean(1) for views in seen.values()]
    return spherical(torch.nn.functional.normalize(means[0], dim=-1), means[0].roll(1, -1)) + means[-1].prod(-1) + means[-1].std(-1)


def ensemble(networks: tiny.Options, generator: str, chunk: int, objective: Objective | None = None) -> tuple[Engine, Latent]:
    """Two dreams seen by two perceptors of different size."""
    dreams = [tiny.dream(networks, text, seed=i, generator=generator, tv=1, views=5) for i, text in enumerate(("a fox | castle", "a bird"))]
    engine = tiny.engine(dreams, chunk)
    small = replace(tiny.EYES, size=16, dim=6)
    perceptors = {**engine.perceptors, "small": MiniPerceptor(tiny.clip(small), tiny.tokenizer(), tiny.CPU)}
    cutters = {**engine.cutters, "small": Cutter(3, 16, (0.3, 0.8))}
    objectives = {"range": engine.objectives["range"], "tv": engine.objectives["tv"]}
    objectives["likeness"] = objective or both_like_their_first
    engine = replace(engine, perceptors=perceptors, cutters=cutters, objectives=objectives)
    return engine, begin.start(engine, dreams, Plan(tiny.CPU, False, chunk))


def both_like_their_first(images: Tensor, seen: Seen, step: int) -> Tensor:
    total = images.new_zeros(len(images))
    for views in seen.values():
        target = torch.nn.functional.normalize(torch.ones(views.embeddings.shape[-1]), dim=0)
        total = total + spherical(views.embeddings, target).mean(1)
    return total


def gradient(engine: Engine, latent: Latent, step: int = 3) -> tuple[Score, list[Tensor]]:
    for part in latent.parts:
        part.grad = None
    score = differentiate(engine, latent, step, 0.5)
    grads = []
    for part in latent.parts:
        assert part.grad is not None
        grads.append(part.grad.clone())
    return score, grads


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("objective", [both_like_their_first, of_mean])
@pytest.mark.parametrize("chunk", [1, 4, 6, 9])  # of 10 and 6 views: some perceptors in chunks, others whole
def test_chunks_give_the_gradient_of_the_whole(networks: tiny.Options, generator: str, objective: Objective, chunk: int) -> None:
    whole, expected = gradient(*ensemble(networks, generator, 256, objective))
    parts, found = gradient(*ensemble(networks, generator, chunk, objective))
    assert torch.allclose(whole.loss, parts.loss, rtol=1e-5)
    for one, other in zip(expected, found, strict=True):
        assert one.any()
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-5 * one.abs().max().item())


def test_the_gradient_is_the_losss(networks: tiny.Options) -> None:
    """Against finite differences along a random direction, in the smoothest setting."""
    engine, latent = ensemble(networks, "pixels", 4)
    _, (grad,) = gradient(engine, latent)
    along = torch.randn(grad.shape, generator=torch.Generator().manual_seed(0)) * 0.01
    losses = []
    for sign in (1, -1):
        moved = Latent(((latent.parts[0].detach() + sign * along).requires_grad_(),), 32, 32)
        losses.append(differentiate(engine, moved, 3, 0.5).loss.sum().item())
    assert (losses[0] - losses[1]) / 2 == pytest.approx((grad * along).sum().item(), rel=0.02)


@pytest.mark.parametrize("chunk", [1, 256])
def test_dreams_do_not_mix(networks: tiny.Options, chunk: int) -> None:
    engine, latent = ensemble(networks, "stack", chunk)

    def first_only(images: Tensor, seen: Seen, step: int) -> Tensor:
        return both_like_their_first(images, seen, step) * torch.tensor([1.0, 0.0])

    _, grads = gradient(replace(engine, objectives={"likeness": first_only}), latent)
    assert all(grad[0].any() and not grad[1].any() for grad in grads)


@pytest.mark.parametrize("chunk", [1, 256])
def test_a_perceptor_that_nobody_asks_is_no_error(networks: tiny.Options, chunk: int) -> None:
    engine, latent = ensemble(networks, "pixels", chunk)
    _, expected = gradient(replace(engine, objectives={"tv": engine.objectives["tv"]}, perceptors={}), latent)
    _, found = gradient(replace(engine, objectives={"tv": engine.objectives["tv"]}), latent)
    assert torch.equal(expected[0], found[0])


def test_the_score_has_every_term_and_the_picture(networks: tiny.Options) -> None:
    dream = tiny.dream(networks, generator="vqgan", tv=1, saturation=2)
    engine = tiny.engine([dream])
    latent = begin.start(engine, [dream], Plan(tiny.CPU, False, 256))
    score, _ = gradient(engine, latent)
    assert set(score.terms) == {"resemblance", "range", "tv", "saturation"}
    assert torch.allclose(score.loss, sum(score.terms.values(), torch.zeros(1)))
    assert torch.equal(score.images, decode(engine, latent).detach())
    assert not any(term.requires_grad for term in score.terms.values()) and not score.images.requires_grad


class Shy:
    """A generator that finds large latents unlikely."""

    def __init__(self, inner: Generator) -> None:
        self.inner, self.rate = inner, inner.rate
        self.check, self.start, self.project, self.encode = inner.check, inner.start, inner.project, inner.encode

    def __call__(self, latent: Latent) -> Tensor:
        return self.inner(latent)

    def prior(self, latent: Latent) -> Tensor | None:
        return latent.parts[0].square().sum((1, 2, 3))


@pytest.mark.parametrize("chunk", [1, 256])
def test_a_prior_is_added_as_it_is(networks: tiny.Options, chunk: int) -> None:
    engine, latent = ensemble(networks, "pixels", chunk)
    _, (plain,) = gradient(engine, latent)
    score, (grad,) = gradient(replace(engine, generator=Shy(engine.generator)), latent)
    assert torch.allclose(score.terms["prior"], latent.parts[0].detach().square().sum((1, 2, 3)))
    assert torch.allclose(grad, plain + 2 * latent.parts[0].detach(), atol=1e-6)


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("chunk", [3, 256])
def test_bf16_points_the_same_way(networks: tiny.Options, generator: str, chunk: int) -> None:
    engine, latent = ensemble(networks, generator, chunk)
    _, exact = gradient(engine, latent)
    score, rough = gradient(replace(engine, autocast=torch.autocast("cpu", torch.bfloat16)), latent)
    assert score.images.dtype == score.loss.dtype == torch.float32
    for one, other in zip(exact, rough, strict=True):
        assert other.dtype == torch.float32
        assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.9


def test_the_range_is_measured_on_what_is_not_clamped(networks: tiny.Options) -> None:
    engine, latent = ensemble(networks, "vqgan", 256)
    score, _ = gradient(engine, latent)
    assert score.images.max() > 1 or score.images.min() < 0
    assert (score.terms["range"] > 0).all()


@pytest.mark.parametrize(("first", "last", "counts"), [(2, 6, [2, 3, 4, 5, 6]), (6, 2, [6, 5, 4, 3, 2]), (4, 4, [4] * 5)])
def test_a_schedule_of_views_is_even(networks: tiny.Options, first: int, last: int, counts: list[int]) -> None:
    engine = tiny.engine([tiny.dream(networks, first_views=first, views=last)])
    assert [engine.cutter("mini", quarter / 4).views for quarter in range(5)] == counts


def test_views_that_grow_are_those_of_as_many_at_every_step(networks: tiny.Options) -> None:
    """Draws know only seed, step and how many: a step of a schedule is that step with so many views throughout."""
    dreams = [tiny.dream(networks, text, seed=i, first_views=2, views=4) for i, text in enumerate(("a fox", "a castle"))]
    fixed = [dream.model_copy(update={"first_views": 0, "views": 3}) for dream in dreams]
    latent = begin.start(tiny.engine(dreams), dreams, Plan(tiny.CPU, False, 256))
    ours, theirs = (differentiate(tiny.engine(given), latent, 5, 0.5) for given in (dreams, fixed))
    assert all(torch.equal(term, theirs.terms[name]) for name, term in ours.terms.items())
