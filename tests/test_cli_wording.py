"""Templates on the command line: what seeds draw is painted, and recipes hold the words that were drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reverie.cli import main
from reverie.cli.flags import dreams
from reverie.cli.wording import Wording
from reverie.craft.templates import draw
from reverie.files import read_recipe
from reverie.prompts import show

TINY = ["--generator", "pixels", "--size", "16", "--steps", "1", "--views", "1", "--init", "random"]
FOX = "a {red|blue|green} fox"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drawn(words: str, fields: dict[str, object] | None = None, batch: int = 1, **how: object) -> list[tuple[str, int]]:
    made = dreams([words], fields or {}, batch, None, Wording(**how))  # type: ignore[arg-type]
    return [(show(dream.prompts), dream.seed) for dream in made]


def test_each_seed_of_a_batch_draws_what_it_draws_alone() -> None:
    assert drawn(FOX, {"seed": "5"}, 4) == [(draw(FOX, seed), seed) for seed in range(5, 9)]
    assert drawn(FOX, {"seed": "7"}) == drawn(FOX, {"seed": "5"}, 4)[2:3]


def test_all_paints_each_combination_with_each_seed() -> None:
    foxes = ["a red fox", "a blue fox", "a green fox"]
    assert drawn(FOX, all=True) == [(fox, 0) for fox in foxes]
    assert drawn(FOX, {"seed": "3"}, 2, all=True) == [(fox, seed) for fox in foxes for seed in (3, 4)]


def test_modifiers_and_styles_come_after_the_draw() -> None:
    Path("mine.yaml").write_text('prompt: "a painting of {prompt}"\n')
    made = dreams([FOX + " | fog:-1", "+mosaic"], {}, 1, None, Wording(style="mine.yaml", all=True))
    assert show(made[0].prompts) == "a painting of a red fox, mosaic | fog:-1" and len(made) == 3


def test_a_batch_is_painted_and_replayed_from_what_was_drawn(capsys: Capture) -> None:
    Path("lists").mkdir()
    Path("lists/animals.txt").write_text("fox\nowl\n")
    assert main(["a {red|blue} __animals__", *TINY, "--wildcards", "lists", "--all"]) == 0
    out, err = capsys.readouterr()
    paths = out.split()
    said = ["a red fox", "a red owl", "a blue fox", "a blue owl"]
    assert [show(read_recipe(path).dream.prompts) for path in paths] == said and paths[0] == "dreams/a-red-fox.png"
    assert err.splitlines()[:4] == said
    Path("lists/animals.txt").unlink()
    assert main(["replay", paths[0], "--out", "again.png", "-q"]) == 0
    assert Path("again.png").read_bytes() == Path(paths[0]).read_bytes()


def test_programs_are_told_each_of_them(capsys: Capture) -> None:
    assert main(["a {red|blue} fox", *TINY, "--all", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["text"] for one in told if one["event"] == "parsed"] == ["a red fox", "a blue fox"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a {red fox"], "is a brace not closed"),
        (["__nowhere__"], "no wildcard 'nowhere'"),
        (["a fox", "--wildcards", "nowhere"], "no folder 'nowhere'"),
        (["{a|b|c|d|e|f|g} {a|b|c|d|e|f|g} {a|b|c|d|e|f|g}", "--all"], "more than 256"),
        (["{|x}", "--all"], "An empty prompt"),
    ],
)
def test_what_cannot_be_drawn_paints_nothing(words: list[str], message: str, capsys: Capture) -> None:
    assert main([*words, *TINY]) == 2
    assert message in capsys.readouterr().err and not Path("dreams").exists()
