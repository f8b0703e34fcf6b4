"""Styles: ours can be painted, people's are read with care, and prompts come through whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.checks import check
from reverie.craft.library import modifiers
from reverie.craft.styles import FOLDER, Style, style, styles
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.paths import styles_dir
from reverie.prompts import parse, show

OURS = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", OURS)
def test_ours_can_be_painted_and_name_only_modifiers_that_exist(name: str) -> None:
    one = style(name)
    assert one.about and set(one.modifiers) <= {modifier.name for modifier in modifiers()}
    check(Dream(one.over(parse("a fox | fog:-0.5")), **one.dream))


def test_the_words_go_where_the_style_says() -> None:
    one = Style(prompt="an engraving of {prompt} | blurry:-0.3", modifiers=("sepia", "on old paper"))
    said = one.over(parse("snow:-1 | a fox @left:2 | an owl"))
    assert show(said) == "snow:-1 | an engraving of a fox, sepia, on old paper @left:2 | an owl | blurry:-0.3"


def test_one_of_ones_own_by_file_and_by_name(tmp_path: Path) -> None:
    text = "about: mine\nmodifiers: [mosaic]\ndream: {steps: 7, size: 64x32, options: {cutouts: {noise: 0}}}\n"
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    styles_dir().mkdir(parents=True)
    (styles_dir() / "kept.yml").write_text(text)
    assert style(str(file)) == style("kept") and set(styles()) == {*OURS, "kept"}
    assert Dream("a fox", **style("kept").dream) == Dream("a fox", steps=7, size="64x32", options={"cutouts": {"noise": 0}})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not readable YAML"),
        ("- a", "is no style"),
        ("", "is no style"),
        ("prompt: an engraving", "has {prompt} in it"),
        ('prompt: "{prompt} | {prompt}"', "has {prompt} in it"),
        ("modifier: [a]", "Did you mean 'modifiers'"),
        ("dream: {stepz: 3}", "Did you mean 'steps'"),
        ("dream: {steps: many}", "steps: expected a whole number"),
        ("dream: {prompts: a fox}", "no setting of a dream 'prompts'"),
        ("modifiers: !!python/object/apply:os.getcwd []", "not readable YAML"),
    ],
)
def test_what_is_no_style_is_told(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    with pytest.raises(BadRequest) as error:
        style(str(file))
    assert told in str(error.value) and str(file) in str(error.value)


def test_an_unknown_one_is_told() -> None:
    with pytest.raises(BadRequest, match="Did you mean 'woodblock'"):
        style("woodblok")
    with pytest.raises(BadRequest, match="cannot be read|gone.yaml"):
        style("gone.yaml")
