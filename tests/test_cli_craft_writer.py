"""``reverie craft write``, and its way through a pipe into pictures."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from chatting import chatting

import reverie
from reverie.cli import main
from reverie.craft.writer.settings import Writing
from reverie.craft.writer.write import write
from reverie.files import read_recipe
from reverie.prompts import show

TINY = ["--generator", "pixels", "--size", "16", "--steps", "1", "--views", "1", "--init", "random", "-q"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def prompt(path: str) -> str:
    recipe = read_recipe(path)
    assert recipe is not None
    return show(recipe.dream.prompts)


def test_a_prompt_a_line_and_nothing_else(capsys: Capture) -> None:
    assert main(["craft", "write", "a castle", "--count", "3", "--seed", "4"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == list(write("a castle", Writing(count=3, seed=4))) and not err
    assert main(["craft", "write", "a", "castle", "--count", "3", "--seed", "4"]) == 0
    assert capsys.readouterr().out == out
    assert main(["craft", "write", "--count", "2", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["prompt"] for one in told] == list(write("", Writing(count=2)))
    assert all((one["engine"], one["seed"]) == ("grammar", 0) for one in told)


def test_who_reads_chooses_the_grammar(capsys: Capture) -> None:
    said = {}
    for words in ([], ["--perceptor", "clip"], ["--grammar", "whole"], ["--grammar", "taught", "--perceptor", "clip"]):
        assert main(["craft", "write", "a castle", "--count", "2", *words]) == 0
        said[" ".join(words)] = capsys.readouterr().out
    first, clip, whole, taught = said.values()
    assert first == taught and clip == whole != first


def test_what_cannot_be_written_is_told(capsys: Capture) -> None:
    for words, told in (
        (["a|b"], "one text such as"),
        (["a {red|blue} fox"], "one text such as"),
        (["fox.png"], "one text such as"),
        (["--count", "0"], "--count 0: must be 1 or above"),
        (["--temperature", "0"], "--temperature 0.0: must be above 0"),
        (["--top-p", "2"], "--top-p 2.0: must be above 0 and at most 1"),
        (["--engine", "gramar"], "Did you mean 'grammar'"),
        (["--engine", "gpt-j"], "Fetch it by --download"),
        (["--engine", "gpt-j", "--examples", "gone.txt"], "'gone.txt' cannot be read"),
    ):
        assert main(["craft", "write", *words]) == 2, words
        out, err = capsys.readouterr()
        assert told in err and not out


def test_fewer_than_asked_for_are_written_and_told(capsys: Capture) -> None:
    Path("mine.yaml").write_text("prompt: ['{a fox|an owl}']\n")
    assert main(["craft", "write", "--grammar", "mine.yaml", "--count", "3"]) == 1
    out, err = capsys.readouterr()
    assert sorted(out.splitlines()) == ["a fox", "an owl"] and "2 of 3 prompts" in err


def test_an_address_on_the_command_line(capsys: Capture) -> None:
    with chatting() as server:
        server.chat = lambda body: "1. a castle of ice\n2. a castle of sand"
        assert main(["craft", "write", "a castle", "--engine", server.url, "--count", "2", "--timeout", "10"]) == 0
    assert capsys.readouterr().out == "a castle of ice\na castle of sand\n"


def test_the_grammar_imports_no_torch() -> None:
    code = "import sys; from reverie.cli import main; main(['craft', 'write', 'a castle']); assert 'torch' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(Path(reverie.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, timeout=120)


def test_a_pipe_of_prompts_is_painted_as_one_batch(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["craft", "write", "a castle", "--count", "3"]) == 0
    written = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(written))
    assert main(["paint", "-", *TINY, "--out", "pictures"]) == 0
    painted = capsys.readouterr().out.splitlines()
    assert [prompt(path) for path in painted] == written.splitlines()
    monkeypatch.setattr("sys.stdin", io.StringIO(written))
    assert main([*TINY, "--out", "again", "-"]) == 0
    for path, again in zip(painted, capsys.readouterr().out.splitlines(), strict=True):
        assert Path(path).read_bytes() == Path(again).read_bytes()


def test_lines_are_prompts_as_ever(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a fox | fog:-0.5\n\n# no prompt\n  an {red|red} owl \n"))
    assert main(["paint", "-", "+mosaic", *TINY, "--batch", "2", "--out", "x"]) == 0
    painted = capsys.readouterr().out.splitlines()
    assert [prompt(path) for path in painted] == ["a fox, mosaic | fog:-0.5"] * 2 + ["an red owl, mosaic"] * 2


def test_an_empty_pipe_paints_nothing(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in ("", "\n# a\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(content))
        assert main(["paint", "-", *TINY]) == 2
        assert "Nothing came on standard input" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("a fox\nan owl\n"))
    Path("films").mkdir()
    assert main(["paint", "-", "--over", "films", *(word for word in TINY if word not in ("--init", "random"))]) == 2
    assert "2 lines came" in capsys.readouterr().err and not Path("dreams").exists()
