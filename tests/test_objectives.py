"""Objectives: what each prompt, weight, stop and perceptor adds, and that dreams do not mix."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import plugged
import pytest
import tiny
import torch
import torch.nn.functional as F
from torch import Tensor

from reverie.build import Kept, frames
from reverie.cli import main
from reverie.course import Course
from reverie.dream import Dream
from reverie.errors import Failed
from reverie.fields import Sight
from reverie.files import read_recipe
from reverie.losses import spherical
from reverie.objectives import Resemblance, objectives, resemblance, weighed
from reverie.plan import Plan
from reverie.prompts import Prompt
from reverie.types import Perceptor, Views

IMAGES = torch.zeros(1, 3, 4, 4)
WORDS = ("fox", "bird", "frog", "fog")


class Reader:
    """Knows a few words by heart, and counts how often it is asked."""

    size, share = 8, (0.6, 1.1)

    def __init__(self, dim: int = 6) -> None:
        self.dim = dim
        self.asked: list[list[str]] = []
        self.known = F.normalize(torch.randn(len(WORDS), dim, generator=torch.Generator().manual_seed(dim)), dim=-1)

    def read(self, texts: Sequence[str]) -> Tensor:
        self.asked.append(list(texts))
        return torch.stack([self.known[WORDS.index(text)] for text in texts])

    def look(self, views: Tensor) -> Tensor:
        raise AssertionError("no view is looked at while reading")


def seen(*rows: Tensor) -> Views:
    embeddings = torch.stack(rows)
    return Views(embeddings, torch.zeros(*embeddings.shape[:2], 4), torch.zeros(embeddings.shape[1]))


def random_views(dreams: int = 1, views: int = 3, dim: int = 6) -> Views:
    raw = torch.randn(dreams, views, dim, generator=torch.Generator().manual_seed(9))
    return seen(*F.normalize(raw, dim=-1))


def made(*dreams: Dream, **readers: Reader) -> Resemblance:
    known: dict[str, Perceptor] = {name: reader for name, reader in (readers or {"mini": Reader()}).items()}
    return resemblance(dreams, known)


def far(views: Views, word: str, row: int = 0, dim: int = 6) -> Tensor:
    return spherical(views.embeddings[row], Reader(dim).known[WORDS.index(word)]).mean()


def value(objective: Resemblance, row: int = 0, **views: Views) -> float:
    found = objective(IMAGES.expand(len(next(iter(views.values())).embeddings), -1, -1, -1), views, 0)
    return found[row].item()


def test_one_prompt_is_the_mean_distance() -> None:
    views = random_views()
    assert value(made(Dream("fox")), mini=views) == pytest.approx(far(views, "fox").item(), rel=1e-5)


def test_weights_are_shares() -> None:
    views = random_views()
    expected = (3 * far(views, "fox") + far(views, "bird")) / 4
    assert value(made(Dream("fox:3 | bird:1")), mini=views) == pytest.approx(expected.item(), rel=1e-5)
    assert value(made(Dream("fox:0.3 | bird:0.1")), mini=views) == pytest.approx(expected.item(), rel=1e-5)


def originals(text: str, **options: Any) -> Resemblance:
    return made(Dream(text, options={"resemblance": {"weights": "sum", **options}}))


def likeness(views: Views, word: str, rows: slice = slice(None), at_once: bool = False) -> Tensor:
    """Of the views, or of where their mean points."""
    found = views.embeddings[0][rows]
    return ((F.normalize(found.mean(0), dim=0) if at_once else found) @ Reader().known[WORDS.index(word)]).mean()


def test_the_originals_weights_add_up() -> None:
    """A list of prompts pulled as hard as all of them together."""
    views = random_views()
    wanted = 3 * far(views, "fox") + far(views, "bird") - 0.5 * far(views, "fog")
    assert value(originals("fox:3 | bird | fog:-0.5"), mini=views) == pytest.approx(wanted.item(), rel=1e-5)


def test_big_sleeps_likeness_is_minus_a_hundred_cosines_of_each_phrase() -> None:
    views = random_views()
    wanted = -100 * (likeness(views, "fox") + likeness(views, "bird") - likeness(views, "fog"))
    assert value(originals("fox | bird | fog:-1", measure="cosine", scale=100), mini=views) == pytest.approx(wanted.item(), rel=1e-5)


@pytest.mark.parametrize("together", [0.0, 0.3, 1.0])
def test_deep_dazes_likeness_is_in_part_of_the_mean_of_each_batch(together: float) -> None:
    """Four views of two batches: the mean of each batch's likeness, of its views and of their mean."""
    views, batches = random_views(views=4), (slice(0, 2), slice(2, 4))
    wanted = sum(together * likeness(views, "fox", rows, at_once=True) + (1 - together) * likeness(views, "fox", rows) for rows in batches)
    made_ = originals("fox", measure="cosine", scale=100, together=together, group=2)
    assert value(made_, mini=views) == pytest.approx(-50 * float(wanted), rel=1e-5)


def test_negative_prompts_push_away() -> None:
    views = random_views()
    expected = (far(views, "fox") - 0.5 * far(views, "fog")) / 1.5
    assert value(made(Dream("fox | fog:-0.5")), mini=views) == pytest.approx(expected.item(), rel=1e-5)


def test_a_prompt_of_weight_nothing_counts_for_nothing() -> None:
    views = random_views()
    assert value(made(Dream("fox | fog:0")), mini=views) == pytest.approx(far(views, "fox").item(), rel=1e-5)
    assert value(made(Dream("fog:0")), mini=views) == 0


def pulls(prompt: Prompt, angle: float) -> bool:
    """Whether a view at this angle from the prompt gets a gradient."""
    target = Reader().known[0]
    aside = F.normalize(torch.randn(6, generator=torch.Generator().manual_seed(1)), dim=0)
    aside = F.normalize(aside - (aside @ target) * target, dim=0)
    view = (torch.cos(torch.tensor(angle)) * target + torch.sin(torch.tensor(angle)) * aside).requires_grad_()
    objective = made(Dream((prompt,)))
    objective(IMAGES, {"mini": seen(view.unsqueeze(0))}, 0).sum().backward()
    assert view.grad is not None
    return bool(view.grad.norm() > 1e-4)


def test_a_stop_ends_the_pull_below_it() -> None:
    stop = Prompt(text="fox", stop=0.5)  # an angle of 1
    assert pulls(stop, 1.1) and not pulls(stop, 0.9)
    assert pulls(Prompt(text="fox"), 0.9)


def test_a_negative_stop_ends_the_push_beyond_it() -> None:
    stop = Prompt(text="fox", weight=-1, stop=-0.5)
    assert pulls(stop, 0.9) and not pulls(stop, 1.1)


def test_the_gradient_brings_views_to_the_prompt_and_from_it() -> None:
    for weight in (1.0, -1.0):
        views = random_views()
        embeddings = views.embeddings.requires_grad_()
        made(Dream((Prompt(text="fox", weight=weight),)))(IMAGES, {"mini": views}, 0).sum().backward()
        assert embeddings.grad is not None
        moved = seen(*F.normalize(embeddings.detach() - 0.1 * embeddings.grad, dim=-1))
        assert (far(moved, "fox") < far(views, "fox")) == (weight > 0)


def test_an_ensemble_is_weighted() -> None:
    dream = Dream("fox", perceptors=(Sight(name="a", weight=3), Sight(name="b", weight=1)))
    a, b = random_views(dim=6), random_views(dim=4)
    expected = (3 * far(a, "fox") + far(b, "fox", dim=4)) / 4
    assert value(made(dream, a=Reader(6), b=Reader(4)), a=a, b=b) == pytest.approx(expected.item(), rel=1e-5)


def test_texts_are_read_once() -> None:
    reader = Reader()
    objective = made(Dream("fox | bird"), Dream("bird | fog:-1"), Dream("fox", seed=1), mini=reader)
    for step in range(3):
        objective(IMAGES.expand(3, -1, -1, -1), {"mini": random_views(3)}, step)
    assert reader.asked == [["fox", "bird", "fog"]]


def test_dreams_with_other_numbers_of_prompts_do_not_mix() -> None:
    texts = ["fox", "bird | fog:-0.5:-0.9 | frog:2", "frog | fox:0.5"]
    views = random_views(3)
    embeddings = views.embeddings.requires_grad_()
    together = made(*(Dream(text) for text in texts))
    whole = together(IMAGES.expand(3, -1, -1, -1), {"mini": views}, 0)
    for i, text in enumerate(texts):
        alone = made(Dream(text))(IMAGES, {"mini": seen(embeddings[i])}, 0)
        assert torch.allclose(alone, whole[i : i + 1])
        (grad,) = torch.autograd.grad(whole[i], embeddings, retain_graph=True)
        (own,) = torch.autograd.grad(alone.sum(), embeddings)
        assert torch.allclose(grad, own) and not grad[[k for k in range(3) if k != i]].any()


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, {"resemblance", "range"}),
        ({"range": 0}, {"resemblance"}),
        ({"tv": 1, "saturation": 2}, {"resemblance", "range", "tv", "saturation"}),
    ],
)
def test_only_what_is_asked_for_is_measured(fields: dict[str, Any], names: set[str]) -> None:
    assert objectives([Dream("fox", **fields)], {"mini": Reader()}).keys() == names


def test_a_pictures_weight_multiplies_its_measure() -> None:
    images = torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(0)) * 2 - 0.5
    one, three = (objectives([Dream("fox", tv=w, range=w, saturation=w)] * 2, {"mini": Reader()}) for w in (1.0, 3.0))
    for name in ("tv", "range", "saturation"):
        assert torch.allclose(3 * one[name](images, {}, 0), three[name](images, {}, 0))
        assert one[name](images, {}, 0).shape == (2,) and (one[name](images, {}, 0) > 0).all()


def test_no_graph_is_kept_of_the_reading() -> None:
    assert not made(Dream("fox")).targets["mini"].requires_grad


# Other packages' objectives.


@pytest.fixture
def grey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package whose objective "grey" is how far a picture is from one shade."""
    plugged.install(tmp_path, {"reverie_grey": plugged.OBJECTIVE}, {"objectives": {"grey": "reverie_grey"}})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("reverie_grey", None)


def greyed(networks: tiny.Options, text: str = "a red fox", **fields: Any) -> Dream:
    dream = tiny.dream(networks, text, **fields)
    return dream.model_copy(update={"objectives": {"grey": 50.0}, "options": {**dream.options, "grey": {"grey": 0.25}}})


@pytest.mark.usefixtures("grey")
def test_a_plug_ins_objective_is_one_of_the_losses_and_goes_down(networks: tiny.Options) -> None:
    first, *_, last = frames([greyed(networks, steps=20)], device="cpu")
    image = first.pixels.float() / 255
    assert first.losses["grey"] == pytest.approx(50 * (image - 0.25).square().mean().item(), rel=0.02)
    assert last.losses["grey"] < 0.2 * first.losses["grey"] and first.loss == pytest.approx(sum(first.losses.values()))


@pytest.mark.usefixtures("grey")
def test_a_plug_ins_objective_in_a_batch_is_that_of_each_alone(networks: tiny.Options) -> None:
    dreams = [greyed(networks, text, seed=i, optimiser="sgd", rate=30.0) for i, text in enumerate(("a red fox", "a castle"))]
    together = [frame for frame in frames(dreams, device="cpu") if frame.final]
    for dream, woven in zip(dreams, together, strict=True):
        *_, alone = frames([dream], device="cpu")
        assert (alone.pixels.int() - woven.pixels.int()).abs().max() <= 1
        assert alone.losses["grey"] == pytest.approx(woven.losses["grey"], rel=1e-4)


@pytest.mark.usefixtures("grey")
def test_a_plug_ins_objective_goes_on_where_it_was_left(networks: tiny.Options) -> None:
    dream, left = greyed(networks, steps=6), list[tuple[Plan, dict[str, Tensor]]]()

    def keep(plan: Plan, course: Course, leaving: bool) -> None:
        left.append((plan, {name: value.clone() for name, value in course.state().items()}))

    *_, whole = frames([dream], device="cpu", kept=Kept(keep=keep))
    plan, state = left[2]
    assert "term.grey" in state
    *_, again = frames([dream], device="cpu", kept=Kept(state, plan))
    assert torch.equal(again.pixels, whole.pixels) and again.losses == whole.losses


@pytest.mark.usefixtures("grey")
def test_a_plug_ins_objective_travels_in_the_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["a fox", "--generator", "pixels", "--size", "32", "--steps", "2", "--views", "2", "-q"]
    assert main([*words, "--objective", "grey:3", "-o", "grey.grey=0.75", "--out", "x.png"]) == 0
    assert read_recipe("x.png").dream.objectives == {"grey": 3.0}
    assert main(["show", "x.png"]) == 0
    told = capsys.readouterr().out
    assert "objectives      grey:3\n" in told and "grey.grey       0.75\n" in told
    assert main(["replay", "x.png", "--out", "y.png", "-q"]) == main(["extend", "x.png", "--steps", "1", "--out", "z.png", "-q"]) == 0
    assert Path("y.png").read_bytes() == Path("x.png").read_bytes()
    assert read_recipe("z.png").dream.objectives == {"grey": 3.0}
    assert main(["replay", "x.png", "--set", "objectives=", "--out", "none.png", "-q"]) == 2
    assert "no component with options in this dream 'grey'" in capsys.readouterr().err


@pytest.mark.usefixtures("grey")
def test_a_plug_ins_objective_is_shown_colours_alone(networks: tiny.Options) -> None:
    dream = greyed(networks, steps=2).model_copy(update={"transparent": True})
    first, *_ = frames([dream], device="cpu")
    assert first.losses["grey"] == pytest.approx(50 * (first.pixels[..., :3].float() / 255 - 0.25).square().mean().item(), rel=0.02)


def test_what_is_no_number_per_dream_is_told() -> None:
    wrong: list[Any] = [torch.zeros(()), torch.zeros(1, 3), 0.5]
    for found in wrong:
        objective = weighed(lambda images, seen, step, found=found: found, "odd", 2.0)
        with pytest.raises(Failed, match="objective 'odd' gave .* for 1 pictures"):
            objective(IMAGES, {}, 0)
