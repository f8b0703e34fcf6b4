"""What guide and judge recognise, in figures that can be checked by hand, and the command that prints them."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
from drawings import CONCEPTS, icons
from PIL import Image
from torch import Tensor

from reverie.bench import exam
from reverie.bench.exam import Question, Row
from reverie.bench.prompts import PROMPTS, draw
from reverie.bench.quality import as_json, dreams, originals, quality, table
from reverie.bench.rebuilt import Rebuilt, rebuilt
from reverie.bench.settings import Exam
from reverie.cli import main
from reverie.data.captions import article
from reverie.data.concepts import Concept
from reverie.data.words import COLOURS, STYLES
from reverie.dream import Scalar
from reverie.errors import BadRequest
from reverie.nets.judge import JudgeConfig
from reverie.train.commands import HELD, TESTING, TRAINING
from reverie.train.judge import JudgeTrainer
from reverie.train.settings import JudgePace
from reverie.weights import load_vqgan


def knows(images: Tensor, texts: Sequence[str]) -> Tensor:
    """An eye that prefers texts with the word "red", and then earlier ones."""
    return torch.tensor([[2.0 * ("red" in text.split()) - i / len(texts) for i, text in enumerate(texts)]]).repeat(len(images), 1)


def last(images: Tensor, texts: Sequence[str]) -> Tensor:
    return torch.arange(float(len(texts))).repeat(len(images), 1)


def test_a_question_counts_first_and_first_five() -> None:
    texts = [f"text {i}" for i in range(7)] + ["red"]
    question = Question("test", torch.rand(4, 3, 8, 8), texts, [{7}, {0}, {6}, {5, 7}])
    guide, judge, agreement = question.ask({"guide": knows, "judge": last})
    assert guide == Row("test", "guide", 4, 8, 0.5, 0.75)
    assert judge == Row("test", "judge", 4, 8, 0.5, 0.75)
    assert agreement == Row("test", "agreement", 4, 8, 1.0, 1.0)
    assert [row.top1 for row in question.ask({"guide": knows, "first": lambda i, t: -last(i, t)})] == [0.5, 0.25, 0.0]


def test_only_drawings_of_what_was_learnt_are_asked() -> None:
    concepts = (*CONCEPTS[2:], Concept("zebra"))
    pictures, shown = exam.drawings(icons(), concepts)
    assert [concept.name for concept in shown] == [name for name in ("house", "owl", "box") for _ in range(3)]
    assert torch.equal(pictures, icons().pictures[6:])
    question = exam.names(pictures, shown, concepts)
    assert question.texts == ["a house", "an owl", "a box", "a zebra"] and question.right == [{0}] * 3 + [{1}] * 3 + [{2}] * 3
    assert question.images.shape == (9, 3, 64, 64) and question.images[:, :, 0, 0].allclose(torch.tensor(exam.PAPER))
    with pytest.raises(BadRequest, match="reverie train data --force"):
        exam.drawings(icons(), [Concept("zebra")])


def test_all_names_are_those_that_were_learnt_those_that_are_shown_and_those_that_are_listed() -> None:
    question = exam.all_names(replace(icons(), names=("owl", "dragon")), (Concept("zebra"), CONCEPTS[0]), "any")
    assert question.texts[0] == "a zebra" and question.texts[-1] == "a dragon" and len(question.texts) == 2 + len(CONCEPTS)
    assert [question.texts[number] for (number,) in question.right[::3]] == [article(concept.name) for concept in CONCEPTS]


def test_reconstructions_are_compared_with_what_went_in(networks: tiny.Options) -> None:
    learner = JudgeTrainer(icons(), JudgePace(1, 2, 1e-3, 1), config=JudgeConfig(size=32, widths=(8, 16), depths=(1, 1), kernel=3))
    judge, vqgan = learner.model.eval(), load_vqgan(str(networks["vqgan"]["weights"]))
    pictures = icons().pictures[::3]
    bad = rebuilt(pictures, vqgan, judge, 32)
    assert (bad.side, bad.pictures) == (32, 5) and bad.distance > 0 and bad.apart > 0
    perfect = copy.copy(vqgan)
    perfect.__dict__.update(encode=lambda x: x, quantize=lambda x: x, decode=lambda x: x + 0.02)
    good = rebuilt(pictures, perfect, judge, 32)
    assert good.psnr == pytest.approx(40, abs=0.5) and good.distance < bad.distance


def test_keywords_are_no_names_and_rare() -> None:
    concepts = (Concept("apple", ("fruit", "owl")), Concept("owl", ("bird", "animal")), Concept("box", ("bird",)), Concept("house", ()))
    pictures = icons().pictures[:4]
    question = exam.keywords(pictures, concepts, concepts)
    assert question.texts == ["animal", "bird", "fruit"] and question.right == [{2}, {0, 1}, {1}]
    assert len(question.images) == 3


def test_colours_are_asked_in_pairs() -> None:
    asked: list[Sequence[str]] = []

    def eye(images: Tensor, texts: Sequence[str]) -> Tensor:
        asked.append(texts)
        return -last(images, texts)

    pictures, shown = exam.drawings(icons(), CONCEPTS)
    (row,) = exam.colours(pictures, shown, {"eye": eye})
    assert row.pictures == 12 == len(asked) and row.among == 2 and row.top1 == 1.0  # the red car has its colour in its name
    for one, other in asked:
        assert one.split()[-1] == other.split()[-1] and one != other and any(colour in one for colour in COLOURS)


def test_scenes_ask_one_word_of_a_sentence() -> None:
    rows = list(exam.scenes(icons(), {"eye": lambda images, texts: -last(images, texts)}))
    assert [(row.test, row.among) for row in rows] == [("style", len(STYLES)), ("background", 14), ("background colour", len(COLOURS))]
    for row in rows:
        assert row.pictures > 100 and 0.02 < row.top1 < 0.2 < row.top5 < 0.6  # the first words, where all are as frequent


def test_prompts_are_a_hundred_and_drawn_as_they_say() -> None:
    assert len(PROMPTS) == len(set(PROMPTS)) == 100
    again = draw([f"thing{i}" for i in range(596)])
    assert again == draw([f"thing{i}" for i in range(596)])
    for prompts in (PROMPTS, again):
        assert not any("|" in prompt for prompt in prompts)
        for prompt in prompts[75:]:
            assert any(ways[0] in prompt for ways in STYLES.values()), prompt


def test_unguided_dreams_end_where_they_start() -> None:
    options: dict[str, dict[str, Scalar]] = {"pixels": {"a": 1}, "vqgan": {"b": 2}, "mini": {"c": 3}}
    free, guided = (dreams(PROMPTS[:2], options, "pixels", "random", sought)[1] for sought in (False, True))
    assert free.steps == 0 < guided.steps and guided.prompts[0].text == PROMPTS[1] and guided.seed == 0
    assert set(guided.options) == {"pixels", "mini"}


def test_the_original_paints_the_same_words_its_own_way() -> None:
    (dream, _) = originals(PROMPTS[:2], {"vqgan": {"weights": "a"}, "mini": {"weights": "b"}, "stack": {"ratio": 2}})
    assert dream.prompts[0].text == PROMPTS[0] and dream.seed == 0 and dream.size == (128, 128)
    assert (dream.cutouts, dream.steps, dream.views, dream.rate, dream.init) == ("latest", 500, 32, 0.1, "random")
    assert dream.options["vqgan"] == {"weights": "a"} and "stack" not in dream.options


@pytest.fixture
def prepared(tmp_path: Path, networks: tiny.Options) -> list[str]:
    """Words of a command line on which everything is tiny."""
    icons().save(tmp_path / TRAINING)
    icons().save(tmp_path / TESTING)
    icons().save(tmp_path / HELD)
    judge = JudgeTrainer(icons(), JudgePace(1, 2, 1e-3, 1), config=JudgeConfig(size=32, widths=(8, 16), depths=(1, 1), kernel=3))
    judge.export(tmp_path / "judge.safetensors")
    words = ["bench", "quality", "--data", str(tmp_path), "--out", str(tmp_path / "out"), "--judge", str(tmp_path / "judge.safetensors")]
    return [*words, "--device", "cpu", "-o", f"mini.weights={networks['mini']['weights']}"]


def test_the_command_measures_and_leaves_sheets(prepared: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*prepared, "--generator", "pixels", "--init", "random", "--limit", "1", "--originals", "0", "--json"]
    assert main(words) == 0
    told = capsys.readouterr()
    rows = json.loads(told.out)
    back = [row for row in rows if "psnr" in row]
    assert [row["side"] for row in back] == [64, 256] and all(row["psnr"] > 0 <= row["distance"] for row in back)
    rows = [row for row in rows if "eye" in row]
    assert [(row["test"], row["eye"]) for row in rows if row["test"] in ("any name", "name never learnt")] == [
        ("any name", "guide"), ("name never learnt", "guide"),
    ]  # fmt: skip
    assert [row["test"] for row in rows if row["eye"] == "judge"] == [
        "name", "keyword", "colour of two", "style", "background", "background colour",
        "pixels from random, unguided", "pixels from random",
    ]  # fmt: skip
    assert all(0 <= row["top1"] <= row["top5"] <= 1 for row in rows)
    assert "1 of 1 painted" in told.err
    sheets = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(sheets) == 4 and "pixels-from-random.webp" in sheets and "unseen-name.webp" in sheets
    with Image.open(tmp_path / "out" / "unseen-name.webp") as sheet:
        assert sheet.width == 1280 and sheet.height == 2 * 158


def test_table_and_json_show_every_figure() -> None:
    rows = [Row("name", "judge", 662, 596, 0.4512, 0.7), Row("colour of two", "guide", 12, 2, 1.0, 1.0)]
    head, first, second, empty, more, back = table([*rows, Rebuilt(64, 662, 24.04, 0.25, 0.8)]).splitlines()
    assert empty == "" and len(more) == len(back) and back.split() == ["64x64", "662", "24.0", "dB", "0.250", "0.800"]
    assert len(head) == len(first) == len(second)
    assert first.split() == ["name", "judge", "662", "596", "45.1%", "70.0%"]
    assert json.loads(as_json(rows))[0] == {"test": "name", "eye": "judge", "pictures": 662, "among": 596, "top1": 0.4512, "top5": 0.7}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--generator", "pixel"], "Did you mean 'pixels'"),
        (["--judge", "nowhere.safetensors"], "nowhere.safetensors"),
        (["--limit", "-1"], "--limit -1"),
        (["--originals", "-1"], "--originals -1"),
        (["--data", "/nowhere"], "reverie train data"),
        (["-o", "vqgna.weights=x"], "Did you mean 'vqgan'"),
        (["-o", "mini.wieghts=x"], "wieghts"),
    ],
)
def test_bad_requests_are_told_before_time_is_spent(
    prepared: list[str], words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flag, value = words
    if flag in ("--data", "--judge"):
        prepared[prepared.index(flag) + 1] = value
        words = []
    assert main([*prepared, *words]) == 2
    assert said in capsys.readouterr().err


def test_nothing_is_measured_where_nothing_can_be_written(prepared: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    asked = replace(Exam(), data=tmp_path, judge=str(tmp_path / "judge.safetensors"), out=tmp_path / "file" / "out", device="cpu")
    with pytest.raises(BadRequest, match="cannot be written to"):
        next(iter(quality(asked, {"mini": {"weights": prepared[-1].partition("=")[2]}}, lambda line: None)))
