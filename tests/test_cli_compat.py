"""``reverie generate``, ``dream``, ``imagine`` and ``from-flags`` through the entry of the command line."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from PIL import Image

from reverie.cli import main
from reverie.files import read_recipe

Capture = pytest.CaptureFixture[str]
DAZE = ["--image-width", "32", "--num-layers=2", "--hidden_size", "8", "--batch-size", "1", "--gradient_accumulate_every=2", "--seed=1"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def interrupted(still: str, run: Callable[[], Any]) -> Any:
    """What ``run`` gives when Ctrl-C comes after its first still; none comes if it was over by then."""
    over = Event()

    def interrupt() -> None:
        while not over.is_set():
            if Path(still).exists():
                os.kill(os.getpid(), signal.SIGINT)
                return
            sleep(0.001)

    stop = Thread(target=interrupt)
    stop.start()
    try:
        return run()
    finally:
        over.set()
        stop.join()


def test_generate(networks: dict[str, dict[str, Any]], capsys: Capture) -> None:
    pytest.importorskip("kornia")
    Image.new("RGB", (9, 9), "red").save("start.png")
    paths = ["-ckpt", networks["vqgan"]["weights"], "-m", networks["mini"]["weights"]]
    assert main(["generate", "-p", "a red fox ^ a castle", "-cpe", "1", "-i", "2", "-s", "32", "32", "-cuts", "2", "-ii", "start.png",
                 "-se", "1", "-o", "out.png", "-sd", "4", *paths]) == 0  # fmt: skip
    out, err = capsys.readouterr()
    assert out == "out.png\n" and "from step 1: a castle" in err and "not installed" not in err
    recipe = read_recipe("out.png")
    assert [(dream.prompts[0].text, left) for dream, left in recipe.stages()] == [("a red fox", 1), ("a castle", 2)]
    assert recipe.dream.seed == 4 and Path("out.000001.png").exists()
    assert main(["replay", "out.png", "--out", "again.png", "-q"]) == 0
    assert Path("again.png").read_bytes() == Path("out.png").read_bytes()


def small(networks: dict[str, dict[str, Any]], *words: str) -> list[str]:
    """A command line of VQGAN-CLIP's, over tiny networks and without kornia."""
    paths = ["-ckpt", networks["vqgan"]["weights"], "-m", networks["mini"]["weights"]]
    return ["generate", "-p", "a red fox", "-s", "32", "32", "-cutm", "original", "-cuts", "2", *paths, *words]


def test_the_same_seed_paints_the_same_picture(networks: dict[str, dict[str, Any]]) -> None:
    """It was set after the start and the pictures' cuts had been drawn, and the noise of pixels never obeyed it (#105)."""
    Image.new("RGB", (9, 9), "red").save("style.png")
    for name, more in (("a", []), ("b", []), ("other", ["-sd", "5"])):
        words = small(networks, "-in", "pixels", "-ip", "style.png:0.5", "-nps", "3", "-i", "2", "-sd", "4", "-o", f"{name}.png", *more)
        assert main(words) == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert Image.open("a.png").tobytes() != Image.open("other.png").tobytes()


def test_the_last_picture_is_saved_whatever_is_saved_on_the_way(networks: dict[str, dict[str, Any]]) -> None:
    """VQGAN-CLIP saved it only where its step was one of those, of which it made one more than was asked for."""
    assert main(small(networks, "-i", "3", "-se", "2", "-o", "out.jpg")) == 0
    assert sorted(path.name for path in Path().glob("*.jpg")) == ["out.000002.jpg", "out.jpg"]
    assert [read_recipe(name).stages()[-1][1] for name in ("out.000002.jpg", "out.jpg")] == [2, 3]


def test_a_video_of_the_whole_way(networks: dict[str, dict[str, Any]], capsys: Capture) -> None:
    assert main(small(networks, "-i", "3", "-vid", "-vl", "0.4", "-o", "out.png")) == 0
    assert capsys.readouterr().out.split() == ["out.png", "out.mp4"] and Path("out.mp4").stat().st_size > 200
    assert not Path("steps").exists() and not list(Path().glob("*.frames"))


def test_a_video_that_zooms(networks: dict[str, dict[str, Any]], capsys: Capture) -> None:
    assert main(small(networks, "-i", "4", "-zvid", "-zse", "2", "-zsc", "1.1", "-zsx", "2", "-vl", "0.4", "-o", "out.png")) == 0
    assert capsys.readouterr().out.split() == ["out.png", "out.mp4"]
    assert (read_recipe("out.png").dream.zoom, read_recipe("out.png").dream.shift) == (1.1, (2, 0))


def test_a_gif_of_what_was_imagined(capsys: Capture) -> None:
    """deep-daze made it of saved pictures whose names began with the text: with a date before them there were none."""
    assert main(["imagine", "a fox", "--iterations=3", "--save_gif", "--save_date_time", "--save_progress=False", *DAZE]) == 0
    picture, film = capsys.readouterr().out.split()
    assert picture.endswith("-a-fox.jpg") and film == picture.replace(".jpg", ".gif")
    with Image.open(film) as opened:
        assert getattr(opened, "n_frames", 1) > 5


def test_the_best_of_what_was_dreamt_is_kept(capsys: Capture) -> None:
    words = ["dream", "a red fox", "--iterations", "3", "--image_size=32", "--num-cutouts", "2", "--save-best"]
    assert main(words) == 0
    recipe = read_recipe(capsys.readouterr().out.strip())
    assert recipe.dream.keep_best and recipe.dream.judge == "mini"


def test_dream(capsys: Capture) -> None:
    words = ["dream", "a pyramid made of ice", "--iterations", "2", "--image_size=32", "--num-cutouts", "2"]
    assert main([*words, "--save-progress", "--save-every=1", "--append-seed"]) == 0
    out, err = capsys.readouterr()
    assert out == "a-pyramid-made-of-ice.0.png\n" and "reverie models pull biggan-deep-512" in err
    assert Path("a-pyramid-made-of-ice.0.000001.png").exists()
    assert read_recipe(out.strip()).dream.generator == "biggan"


def test_imagine_and_a_story_shown_whole(capsys: Capture) -> None:
    story = ["a fox ran. a castle. a hen", "--create-story", "--story-separator", ".", "--iterations=2", "--save-every", "1"]
    assert main(["imagine", *story, *DAZE]) == 0
    out, err = capsys.readouterr()
    assert out == "a-fox-ran.jpg\n" and "step 0/6" in err and "step 6/6" in err
    assert sorted(path.name for path in Path().glob("*.jpg")) == [*(f"a-fox-ran.{step:06}.jpg" for step in range(1, 7)), out.strip()]
    told = [read_recipe(f"a-fox-ran.{step:06}.jpg").stages()[-1] for step in range(1, 6)]
    assert [(dream.prompts[0].text, left) for dream, left in told] == [
        ("a fox ran", 1), ("a fox ran", 2), ("a castle", 3), ("a castle", 4), ("a hen", 5),
    ]  # fmt: skip
    assert main(["imagine", *story, "--overwrite", "--save_progress=False", *DAZE]) == 0
    assert main(["replay", "a-fox-ran.000003.jpg", "--out", "again.jpg", "-q"]) == 0
    assert Image.open("again.jpg").tobytes() == Image.open("a-fox-ran.000003.jpg").tobytes()


def test_installed_models_are_named_as_any_file(networks: dict[str, dict[str, Any]], capsys: Capture) -> None:
    for name, part in (("book", "vqgan"), ("eyes", "mini")):
        assert main(["models", "add", networks[part]["weights"], "--name", name]) == 0
    capsys.readouterr()
    assert main(["from-flags", "generate.py -p 'a red fox' -ckpt book -m eyes"]) == 0
    out, err = capsys.readouterr()
    assert "-o vqgan.weights=book" in out and "--perceptor eyes" in out and "not installed" not in err
    paint = ["generate", "-p", "a red fox", "-ckpt", "book", "-m", "eyes", "-i", "1", "-s", "32", "32", "-cutm", "original", "-cuts", "2"]
    assert main(paint) == 0
    dream = read_recipe("a-red-fox.png").dream
    assert dream.options["vqgan"]["weights"] == "book" and dream.perceptors[0].name == "eyes"


def test_a_story_that_was_interrupted_goes_on(capsys: Capture) -> None:
    story = ["a fox ran. a castle. a hen", "--create-story", "--story-separator", ".", "--iterations=9", "--save-every=2"]
    assert main(["imagine", *story, *DAZE]) == 0
    code = interrupted("a-fox-ran-2.000002.jpg", lambda: main(["imagine", *story, *DAZE]))
    if code == 130:  # a fast machine may have been done
        early = Path("a-fox-ran-2.jpg").read_bytes()
        capsys.readouterr()
        assert main(["resume", "-q"]) == 0
        assert Path("a-fox-ran-2.jpg").read_bytes() == early, "what was painted is not lost"
    whole = Path("a-fox-ran.jpg").read_bytes()
    assert whole in [path.read_bytes() for path in Path().glob("a-fox-ran-*.jpg")]
    assert len(list(Path().glob("a-fox-ran-2.0*.jpg"))) == 13


def test_help_tells_the_originals_flags(capsys: Capture) -> None:
    for name, flag in (("generate", "-cutm, --cut_method"), ("dream", "--max_classes"), ("imagine", "--saturate_bound")):
        for word in ("--help", "-h"):
            assert main([name, word]) == 0
            assert flag in capsys.readouterr().out


def test_from_flags(capsys: Capture) -> None:
    assert main(["from-flags", "python generate.py -p 'an apple' -cuts 64"]) == 0
    out, err = capsys.readouterr()
    data, _, line = out.strip().rpartition("\n")
    assert json.loads(data)["views"] == 64 and line == "reverie paint 'an apple' --preset vqgan-clip --views 64 --out ."
    assert "note: " in err
    assert main(["from-flags", "imagine 'a fox ran. a hen' --create_story --story_separator ."]) == 0
    assert '"schema": 1' in capsys.readouterr().out


def test_words_that_are_no_flags(capsys: Capture) -> None:
    assert main(["dream", "of", "a", "castle"]) == 2
    assert "reverie paint 'dream ...'" in capsys.readouterr().err
    assert main(["imagine", "x", "--colour", "red"]) == 2
    assert main(["generate", "-p", "x", "-zvid", "-zsc", "7"]) == 2


def test_a_folder_is_painted_over(networks: dict[str, dict[str, Any]], capsys: Capture) -> None:
    Path("frames").mkdir()
    for number, name in enumerate(("2.png", "1.png")):
        Image.new("RGB", (20, 20), (200 * number, 0, 0)).save(Path("frames", name))
    words = ["-ckpt", networks["vqgan"]["weights"], "-m", networks["mini"]["weights"], "-cutm", "original", "-cuts", "2", "-s", "32", "32"]
    for folder in ("steps", "steps-2"):
        assert main(["generate", "-p", "a red fox", "-vsd", "frames", "-i", "1", "-sd", "4", *words]) == 0
        assert capsys.readouterr().out.split() == [f"{folder}/1.png", f"{folder}/2.png"]
    assert [read_recipe(f"steps/{name}.png").dream.seed for name in (1, 2)] == [4, 4]
    assert Path("steps/1.png").read_bytes() == Path("steps-2/1.png").read_bytes() != Path("steps/2.png").read_bytes()
