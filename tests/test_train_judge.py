"""Training the judge: it learns, is told what is there and nothing false, and what it exports can be loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from drawings import icons

from reverie.data.captions import Facts
from reverie.data.words import COLOURS, GROUNDS, STYLES
from reverie.errors import BadRequest
from reverie.nets.judge import Judge, JudgeConfig
from reverie.train.commands import judge, train
from reverie.train.facts import UNSAID
from reverie.train.judge import JudgeTrainer, Lesson, examine, mixed, seen_anew, tinted
from reverie.train.settings import JudgePace, Sitting
from reverie.weights import load_judge, save_network

TINY = JudgeConfig(size=32, widths=(16, 24), depths=(1, 1), kernel=3)
NAMES = ["apple", "red car", "house", "owl", "box"]


def trainer(steps: int = 60, batch: int = 16) -> JudgeTrainer:
    return JudgeTrainer(icons(), JudgePace(steps, batch, 5e-3, 3), config=TINY)


def lesson(count: int = 6) -> Lesson:
    learner = trainer(batch=count)
    scenes = learner.maker(count, 0)
    return Lesson(scenes.images, *learner._answers(scenes.facts))


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_it_learns() -> None:
    learner, asked = trainer(), lesson(48)  # of the same pictures, since those of later steps are harder

    def wrong() -> float:
        with torch.no_grad():
            return examine(learner.model.eval()(asked.images), asked)[0].item()

    before = wrong()
    for number in range(60):
        learner.step(number, learner.draw(number))
    assert wrong() < 0.9 * before


def test_tinting_and_mixing_grow_from_nothing() -> None:
    learner = trainer()
    assert (learner.draw(0).things.max(1).values >= 0.5).all()  # whole things, at most two
    assert torch.equal(tinted(asked := lesson(), rng(), 0.0).images, asked.images)


def test_a_start_that_sees_is_spared_nothing_and_keeps_what_it_knows() -> None:
    learnt = trainer()
    learnt.step(0, learnt.draw(0))
    learner = JudgeTrainer(icons(), JudgePace(60, 16, 5e-3, 3), start=(learnt.model, dict.fromkeys(NAMES, ())))
    assert learner.settings != trainer().settings
    for mine, its in zip(learner.model.parameters(), learnt.model.parameters(), strict=True):
        assert torch.equal(mine, its) and mine.data_ptr() != its.data_ptr()
    assert not torch.equal(learner.draw(0).things, learnt.draw(0).things)  # windows of other things at once


def test_a_start_that_knows_other_things_keeps_those_that_both_know() -> None:
    learnt = trainer().model
    torch.nn.init.normal_(learnt.heads.weight)
    things = {"lamp": (), **dict.fromkeys(NAMES[1:], ())}  # never saw an apple
    model = JudgeTrainer(icons(), JudgePace(60, 16, 5e-3, 3), start=(learnt, things)).model
    assert torch.equal(model.heads.weight[1:], learnt.heads.weight[1:])
    assert not torch.equal(model.heads.weight[0], learnt.heads.weight[0])
    fewer = {name: () for name in NAMES[:3]}
    small = Judge(replace(TINY, heads=(4, *learnt.config.heads[1:])))
    model = JudgeTrainer(icons(), JudgePace(60, 16, 5e-3, 3), start=(small, fewer)).model
    assert torch.equal(model.heads.weight[[0, 1, 2, 5]], small.heads.weight[:4])
    assert torch.equal(model.heads.bias[6:], small.heads.bias[4:]) and torch.equal(model.stem.weight, small.stem.weight)


def test_what_a_step_draws_comes_from_its_number_alone() -> None:
    one, other = trainer(), trainer()
    other.draw(2)
    for mine, its in zip(one.draw(3), other.draw(3), strict=True):
        assert torch.equal(mine, its)
    assert not torch.equal(one.draw(3).images, one.draw(4).images)


def test_facts_become_answers() -> None:
    facts = [Facts("apple", ground="snow"), Facts("owl", second="box", style="neon"), Facts("house", colour="blue", jumbled=True)]
    things, kin, traits = trainer()._answers(facts)
    assert things.tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, 0, 1]]
    assert not kin.any()
    none = len(STYLES)
    snow = len(COLOURS) + list(GROUNDS).index("snow")
    blue = list(COLOURS).index("blue")
    assert traits.tolist() == [[snow, UNSAID, none], [UNSAID, UNSAID, list(STYLES).index("neon")], [UNSAID, blue, none]]


def test_kin_earns_nothing_and_costs_nothing() -> None:
    images = lesson(1).images
    unsaid = torch.full((1, 3), UNSAID)
    kin = torch.tensor([[False, True, False, False, False, False]])
    asked = Lesson(images, torch.tensor([[1.0, 0, 0, 0, 0, 0]]), kin, unsaid)
    verdict = Judge(trainer().model.config).eval()(images)
    sure = verdict._replace(thing=torch.tensor([[5.0, 50.0, 0, 0, 0, 0]]))
    calm = verdict._replace(thing=torch.tensor([[5.0, 0.0, 0, 0, 0, 0]]))
    (loss, named), (other, _) = examine(sure, asked), examine(calm, asked)
    assert loss == other and named == 1


def test_nothing_is_said_of_exchanged_colours() -> None:
    before = lesson(64)
    after = tinted(before, rng())
    changed = (before.images != after.images).flatten(1).any(1)
    assert 0 < changed.sum() < 32
    assert (after.traits[changed] == UNSAID).all()
    hushed = (after.traits == UNSAID).all(1)  # some of them were grey already, and stayed as they were
    assert torch.equal(after.traits[~hushed], before.traits[~hushed]) and hushed.sum() < 32
    assert torch.equal(after.things, before.things)


def test_a_window_brings_its_thing_along() -> None:
    before = lesson(32)
    after = mixed(before, rng(), share=1.0)
    assert torch.allclose(after.things.sum(1), torch.ones(32))
    assert not (after.kin & (after.things > 0)).any()
    for i in range(32):
        kept = (after.images[i] == before.images[i]).all(0).float().mean()
        share = (after.things[i] * (before.things[i] > 0)).sum()
        assert share >= kept - 0.02 or kept > 0.99  # where both are alike, more is kept than counted
    alone = mixed(before, rng(), share=0.0)
    assert torch.equal(alone.images, before.images) and torch.equal(alone.things, before.things)


def test_seen_anew_stays_a_picture() -> None:
    before = lesson(32)
    after = seen_anew(before, rng())
    assert after.images.shape == before.images.shape and after.images.min() >= 0 and after.images.max() <= 1
    assert torch.equal(after.things, before.things) and not torch.equal(after.images, before.images)


def test_what_is_exported_can_name_things(tmp_path: Path) -> None:
    network, things = load_judge(str(train(trainer(steps=2), Sitting(out=tmp_path))))
    assert list(things) == NAMES and things["apple"] == ("fruit",)
    verdict = network(lesson(2).images)
    assert [part.shape[1] for part in verdict] == list(network.config.heads) and not network.training


def test_weights_that_do_not_say_their_names_are_refused(tmp_path: Path) -> None:
    model = trainer().model
    for number, things in enumerate(({}, {"apple": ["fruit"]}, ["apple"], None)):
        path = tmp_path / f"{number}.safetensors"
        save_network(path, "judge", model, model.config, things=things)
        with pytest.raises(BadRequest, match="does not say what its 5 things are called"):
            load_judge(str(path))


def test_the_command_trains_from_a_file(tmp_path: Path) -> None:
    """With the real size, for one step."""
    icons().save(tmp_path / "icons.safetensors")
    path = judge(JudgePace(1, 2, warmup=1), Sitting(data=tmp_path, out=tmp_path / "judge", threads=1))
    network, _ = load_judge(str(path))
    assert network.config.size == 64 and sum(p.numel() for p in network.parameters()) > 9e5
