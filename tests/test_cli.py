"""The command line through its entry: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import reverie
from reverie import Dream
from reverie.cli import main
from reverie.cli.flags import options, text
from reverie.errors import BadRequest
from reverie.files import read_recipe, save_picture
from reverie.images import load_picture
from reverie.interrupt import stoppable
from reverie.recipe import Recipe

TINY = ["--generator", "pixels", "--size", "16x16", "--steps", "3", "--views", "1"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder and with an 80 column screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def picture(elsewhere: Path) -> Path:
    """A picture that was painted a moment ago."""
    return save_picture(Image.new("RGB", (16, 16)), elsewhere / "picture.png", Recipe(dream=Dream("a red fox | fog:-0.5", steps=7)))


def events(capsys: Capture) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def process(*words: str, **settings: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(reverie.__file__).parents[1])}
    command = [sys.executable, "-m", "reverie", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes, **settings)  # type: ignore[call-overload]


# paint


def test_an_unknown_first_word_is_the_prompt(capsys: Capture) -> None:
    assert main(["a red fox", *TINY]) == 0
    out, err = capsys.readouterr()
    assert out == "dreams/a-red-fox.png\n"
    assert err.startswith("a red fox  (weight 1)\nstep 0/3") and "step 3/3" in err
    assert read_recipe("dreams/a-red-fox.png").dream == Dream("a red fox", generator="pixels", size="16x16", steps=3, views=1)


def test_paint_paints_also_the_name_of_a_command(capsys: Capture) -> None:
    assert main(["paint", "show", *TINY]) == 0
    assert capsys.readouterr().out == "dreams/show.png\n"


def test_words_need_no_quotes(capsys: Capture) -> None:
    assert main(["a", "red", "fox", *TINY]) == 0
    assert capsys.readouterr().out == "dreams/a-red-fox.png\n"


def test_quiet_says_only_where_the_picture_is(capsys: Capture) -> None:
    assert main(["x", *TINY, "-q"]) == 0
    assert capsys.readouterr() == ("dreams/x.png\n", "")


def test_a_batch_counts_seeds_up(capsys: Capture) -> None:
    assert main(["x", *TINY, "--batch", "3", "--seed", "5", "--quiet", "--format", "webp"]) == 0
    paths = capsys.readouterr().out.splitlines()
    assert paths == ["dreams/x.webp", "dreams/x-2.webp", "dreams/x-3.webp"]
    assert [read_recipe(path).dream.seed for path in paths] == [5, 6, 7]


def test_every_flag_reaches_the_dream(elsewhere: Path) -> None:
    Image.new("RGB", (9, 9), "red").save("start.png")
    flags = {"seed": "4", "ema": "0.5", "rate": "0.02", "tv": "1", "range": "2", "saturation": "0.5", "optimiser": "sgd"}
    words = [word for name, value in flags.items() for word in (f"--{name}", value)]
    more = ["--precision", "fp32", "--perceptor", "mini:2", "-o", "pixels.contrast=0.1", "--init", "start.png", "--out", "x.png"]
    assert main(["x", *TINY, *words, *more]) == 0
    dream = read_recipe("x.png").dream
    assert {name: str(getattr(dream, name)).removesuffix(".0") for name in flags} == flags
    assert dream.precision == "fp32" and dream.perceptors[0].weight == 2
    assert dream.options == {"pixels": {"contrast": 0.1}} and dream.init == "start.png"


def test_help_tells_every_field_with_its_default(capsys: Capture) -> None:
    assert main(["paint", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name, about in Dream.model_fields.items():
        assert name == "prompts" or "--" + name.removesuffix("s").replace("_", "-") in shown
        assert name == "prompts" or str(about.description) in shown
    for default in (Dream("x").steps, Dream("x").generator, "256x256", "mini"):
        assert f"[default: {default}]" in shown


def test_stills(capsys: Capture) -> None:
    assert main(["x", *TINY, "--every", "2", "-q"]) == 0
    assert sorted(os.listdir("dreams")) == ["x.000002.png", "x.png"]
    assert read_recipe("dreams/x.000002.png").edits == ((2, {"steps": 2}),)


def test_no_metadata(capsys: Capture) -> None:
    assert main(["x", *TINY, "--no-metadata", "--out", "x.png"]) == 0
    assert main(["show", "x.png"]) == 2
    assert "no recipe" in capsys.readouterr().err


def test_json_tells_the_whole_story(capsys: Capture) -> None:
    assert main(["x | y:2", *TINY, "--json"]) == 0
    told = events(capsys)
    assert [one["event"] for one in told] == ["parsed", "start", "step", "step", "step", "step", "saved", "done"]
    assert told[0]["text"] == "x | y:2" and told[-1]["pictures"] == ["dreams/x-y.png"] and told[-1]["stopped"] is False


def test_poisoned_steps_are_reported(capsys: Capture) -> None:
    """A weight beyond the number format makes every loss infinite."""
    assert main(["x", *TINY, "--tv", "1e300"]) == 0
    assert "dreams/x.png: 3 of 3 steps were undone" in capsys.readouterr().err
    assert main(["x", *TINY, "--tv", "1e300", "--json"]) == 0
    told = events(capsys)
    assert [one["undone"] for one in told if one["event"] in ("undone", "saved")][-2:] == [3, 3]


# bad requests


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([""], "empty prompt"),
        (["paint"], "empty prompt"),
        (["a | | b"], "empty prompt"),
        (["x:nan"], "not a number"),
        (["x:0,5"], "not a number"),
        (["x", "--generator", "bigan"], "no generator 'bigan'. Did you mean 'biggan'"),
        (["x", "--perceptor", "clap"], "no perceptor 'clap'. Did you mean 'clip'? There are: clip, hf, mini"),
        (["x", "--stepz", "3"], "Did you mean --steps"),
        (["x", "--size", "0"], "size: expected at least 1"),
        (["x", "--size", "0x16"], "size: expected at least 1"),
        (["x", "--size", "1000000"], "size: expected at most 8192"),
        (["x", "--size", "x"], "WIDTHxHEIGHT"),
        (["x", "--size", "1x2x3"], "WIDTHxHEIGHT"),
        (["x", "--steps", "many"], "steps: expected a whole number, not 'many'"),
        (["x", "--steps", "-1"], "steps: expected at least 0"),
        (["x", "--seed", "-1"], "seed: expected at least 0"),
        (["x", "--batch", "0"], "--batch"),
        (["x", "--batch", "2", "--seed", str(2**63 - 1)], "seed"),
        (["x", "--every", "0"], "--every"),
        (["x", "--ema", "1"], "ema: expected less than 1"),
        (["x", "--rate", "nan"], "rate"),
        (["x", "--optimiser", "lion"], "adam"),
        (["x", "--device", "abacus", *TINY], "no device 'abacus'"),
        (["x", "--init", "nowhere.png", *TINY], "no picture 'nowhere.png'"),
        (["x", "-o", "nonsense"], "component.option=value"),
        (["x", "-o", "pixels.nonsense=1", *TINY], "no option of pixels 'nonsense'"),
        (["x", "-o", "vqgan.weights=x", *TINY], "'vqgan'"),
        (["x", "--format", "gif"], "png"),
        (["x", "--out", "x.gif", *TINY], "no format"),
        (["x", "--out", "x.jpg", "--format", "png", *TINY], "not a png"),
        (["x", "--out", "file/dreams", *TINY], "cannot be written"),
        (["x", "--out", "file/x.png", *TINY], "cannot be written"),
        (["x", "--out", "there.png", *TINY], "exists already"),
        (["a red fox", "a blue house"], "2 texts"),
        (["sohw", "x.png"], "Did you mean 'reverie show'"),
        (["bensh", "speed"], "Did you mean 'reverie bench'"),
        (["trian", "clip"], "Did you mean 'reverie train'"),
        (["train", "clip", "--steps", "0"], "--steps 0"),
        (["show"], "PICTURE"),
        (["show", "nowhere.png"], "no picture 'nowhere.png'"),
        (["show", "file"], "not a picture"),
        (["show", "there.png"], "no recipe"),
        (["replay", "there.png"], "no recipe"),
        (["score", "there.png"], "--text"),
        (["score", "--text", "x"], "pictures and texts"),
        (["score", "there.png", "--text", "x", "--perceptor", "clap"], "no perceptor 'clap'"),
        (["score", "nowhere.png", "--text", "x"], "no picture"),
        (["score", "there.png", "--text", "x", "-o", "mini.side=3"], "no option of mini 'side'"),
    ],
)
def test_bad_requests_are_refused_in_a_line_or_two(words: list[str], message: str, elsewhere: Path, capsys: Capture) -> None:
    Path("file").write_text("no picture")
    Image.new("RGB", (8, 8)).save("there.png")
    before = Path("there.png").read_bytes()
    assert main(words) == 2
    out, err = capsys.readouterr()
    complaint = err[err.index("error: ") :]
    assert message.lower() in complaint.lower() and 1 <= len(complaint.splitlines()) <= 2
    assert not any(wording in complaint for wording in ("pydantic", "validation error", "input_value", "Traceback"))
    assert out == "" and Path("there.png").read_bytes() == before and not list(elsewhere.rglob("x.png"))


def test_debug_shows_where(capsys: Capture) -> None:
    assert main(["--debug", "x", "--generator", "bigan"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_json_tells_errors_too(capsys: Capture) -> None:
    assert main(["x", "--generator", "bigan", "--json"]) == 2
    told = events(capsys)
    assert told[-1]["event"] == "error" and told[-1]["exit_code"] == 2 and "bigan" in str(told[-1]["message"])


def test_a_prompt_that_is_nearly_a_command_is_painted(capsys: Capture) -> None:
    assert main(["shoe", *TINY, "-q"]) == 0
    assert capsys.readouterr().out == "dreams/shoe.png\n"


def test_a_full_disk_is_one_clear_error() -> None:
    """No file may grow beyond 100 bytes, wherever it is: neither the picture nor a copy can be written."""
    run = process("x", *TINY, "-q", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    out, err = run.communicate(timeout=120)
    assert run.returncode == 1 and out == ""
    assert "error: 'dreams/x.png' could not be written" in err and "Nor could a copy" in err
    assert os.listdir("dreams") == []


# show, replay, score


def test_show_is_readable(picture: Path, capsys: Capture) -> None:
    assert main(["show", str(picture)]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["prompts"] == "a red fox | fog:-0.5" and lines["steps"] == "7" and lines["perceptors"] == "mini:1"


def test_show_as_json_is_the_recipe(picture: Path, capsys: Capture) -> None:
    assert main(["show", str(picture), "--json"]) == 0
    assert Recipe.from_json(capsys.readouterr().out) == read_recipe(picture)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('{"schema": 1, "dream": {"prompts": "x", "colour": 1}}', "no setting 'colour'"),
        ('{"schema": 999, "dream": {"prompts": "x"}}', "newer Reverie"),
        ('{"schema": 1, "dream": {"prompts": "x", "steps": "many"}}', "steps: expected a whole number"),
        ('{"schema": 1, "dream": ', "not JSON"),
    ],
)
@pytest.mark.parametrize("command", ["show", "replay"])
def test_recipes_that_cannot_be_used(command: str, inside: str, message: str, capsys: Capture) -> None:
    chunks = PngInfo()
    chunks.add_itxt("reverie", inside)
    Image.new("RGB", (8, 8)).save("odd.png", pnginfo=chunks)
    assert main([command, "odd.png"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("length", [0, 7, 40, 60])
def test_a_corrupt_png(picture: Path, length: int, capsys: Capture) -> None:
    picture.write_bytes(picture.read_bytes()[:length])
    assert main(["show", str(picture)]) == 2
    assert "error: " in capsys.readouterr().err


def test_replay_paints_the_same_pixels(capsys: Capture) -> None:
    main(["x", *TINY, "--out", "a.png"])
    assert main(["replay", "a.png", "--out", "b.png"]) == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_replay_with_changes(picture: Path, capsys: Capture) -> None:
    changes = ["generator=pixels", "size=16x24", "steps=2", "views=1", "pixels.contrast=0.1"]
    words = [word for change in changes for word in ("--set", change)]
    assert main(["replay", str(picture), *words, "-q", "--out", "new.png"]) == 0
    dream = read_recipe("new.png").dream
    assert (dream.generator, dream.size, dream.steps, dream.options) == ("pixels", (16, 24), 2, {"pixels": {"contrast": 0.1}})
    assert dream.prompts == read_recipe(picture).dream.prompts


@pytest.mark.parametrize("change", ["nonsense=1", "steps", "=3", "steps=many", "pixels.=1"])
def test_changes_that_make_no_sense(picture: Path, change: str, capsys: Capture) -> None:
    assert main(["replay", str(picture), "--set", change]) == 2
    assert "error: " in capsys.readouterr().err and not Path("dreams").exists()


def test_a_still_can_be_painted_again(capsys: Capture) -> None:
    """The recipe of a picture from before the end stops there; the finished one is only a --set away."""
    main(["x", *TINY, "--every", "2", "--out", "x.png"])
    assert main(["replay", "x.000002.png", "--out", "again.png"]) == 0
    again, still, whole = (Image.open(name).tobytes() for name in ("again.png", "x.000002.png", "x.png"))
    assert again == still != whole and read_recipe("again.png") == read_recipe("x.000002.png")
    assert main(["replay", "x.000002.png", "--set", "steps=3", "--out", "whole.png"]) == 0
    assert Path("whole.png").read_bytes() == Path("x.png").read_bytes()


def test_score_is_a_matrix_and_the_best_text(capsys: Capture) -> None:
    Image.new("RGB", (64, 64), "red").save("red.png")
    Image.new("RGB", (64, 64), "blue").save("blue.png")
    words = ["score", "red.png", "blue.png", "--text", "a cat", "--text", "a dog"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("  ")[-2:] == [" a cat", " a dog"] and len(lines) == 5
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for row, line, best in zip(told["pictures"], lines[1:3], lines[3:], strict=True):
        assert [float(value) for value in line.split()[1:]] == pytest.approx(row["scores"], abs=6e-4)
        assert best == f"{row['picture']}: {row['best']}"
        assert row["best"] == told["texts"][row["scores"].index(max(row["scores"]))]


# stopping


def test_ctrl_c_ends_with_the_picture_so_far(elsewhere: Path) -> None:
    run = process("x", *TINY[:4], "--views", "1", "--steps", "1000000", "--json", "--out", "x.png")
    assert run.stdout is not None
    for line in run.stdout:
        if json.loads(line)["event"] == "step":
            break
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=120)
    told = [json.loads(line) for line in out.splitlines()]
    assert run.returncode == 130 and told[-1]["event"] == "done" and told[-1]["stopped"]
    assert "stopping with the picture so far" in err and "Traceback" not in err
    [(step, edit)] = read_recipe("x.png").edits
    assert edit == {"steps": step} and step == told[-2]["step"] and load_picture("x.png").size == (16, 16)


def test_a_second_ctrl_c_ends_at_once(capfd: Capture) -> None:
    before = signal.getsignal(signal.SIGINT)
    with stoppable() as asked:
        assert not asked()
        os.kill(os.getpid(), signal.SIGINT)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_who_leaves_is_no_error(picture: Path) -> None:
    run = process("show", str(picture))
    assert run.stdout is not None and run.stderr is not None
    run.stdout.close()
    assert run.wait(timeout=60) == 0 and run.stderr.read() == ""
    run.stderr.close()


# small parts


def test_options_are_by_component_with_their_own_types() -> None:
    given = ["a.x=1", "a.y=0.5", "a.z=true", "b.path=x=y"]
    assert options(given) == {"a": {"x": 1, "y": 0.5, "z": True}, "b": {"path": "x=y"}}
    assert [type(value) for value in options(given)["a"].values()] == [int, float, bool]


def test_words_are_one_text_and_texts_are_not() -> None:
    assert text(["a", "red", "fox"]) == "a red fox" and text(["a red fox"]) == "a red fox"
    with pytest.raises(BadRequest, match="one | another"):
        text(["a red fox", "fog"])
