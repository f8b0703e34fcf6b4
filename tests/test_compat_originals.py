"""The page of what became of the flags, whole command lines, and what each of the three comes to."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path

import pytest

from reverie.cli import flags
from reverie.compat.originals import ORIGINALS, find, page, usage
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.library import Record, write_record

PAGE = Path(__file__).parents[1] / "docs" / "migration.md"
README = [  # of the three projects, as they stand there
    'python generate.py -p "A painting of an apple in a fruit bowl"',
    'python generate.py -p "A painting of an apple in a fruit bowl | psychedelic | surreal:0.5 | weird:0.25"',
    'python generate.py -p "A picture of a bedroom with a portrait of Van Gogh" -ip "samples/VanGogh.jpg | samples/Bedroom.png"',
    'python generate.py -p "A painting in the style of Picasso" -ii samples/VanGogh.jpg -i 80 -se 10 -opt AdamW -lr 0.25',
    '$ dream "a pyramid made of ice"',
    'dream "a bowl of apples next to the fireplace" --save-progress --save-every 100',
    'dream "a room with a view of the ocean" --save-best',
    'dream "storm clouds rolling in over a white barnyard" --larger-model',
    "dream 'a single flower in a withered field' --max-classes 15",
    'imagine "a house in the forest"',
    'imagine "shattered plates on the ground" --deeper',
    'imagine "stranger in strange lands" --num-layers 32',
    "imagine 'a clear night sky filled with stars' --start_image_path ./cloudy-night-sky.jpg",
    "imagine --img samples/Autumn_1875_Frederic_Edwin_Church.jpg",
    'imagine "A psychedelic experience." --img samples/hot-dog.jpg',
]


def test_the_page_is_in_step_with_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python scripts/migration.py"
    for original, _ in ORIGINALS.values():
        assert all(f"`{name}`" in page() and name in usage(original) for flag in original.flags for name in flag.spelt)


@pytest.mark.parametrize("line", README)
def test_readmes_lines_say_the_same_in_reveries_words(line: str) -> None:
    found = find(line)
    (told,) = found.lines()
    words = shlex.split(told)[2:]
    given: dict[str, list[str]] = {}
    for name, value in zip(words[1::1], [*words[2:], "--"], strict=False):
        if name.startswith("-"):
            given.setdefault(name.lstrip("-").replace("-", "_"), []).append("true" if value.startswith("-") else value)
    several = {"o": "options", "perceptor": "perceptors"}
    fields = {several.get(name, name): values if name in several else values[0] for name, values in given.items()}
    preset = str(fields.pop("preset"))
    dream = {name: value for name, value in fields.items() if name in Dream.model_fields}
    assert flags.dreams([words[0]], dream, 1, preset) == [found.dream]


def test_a_vqgan_clip_line() -> None:
    found = find(
        "python generate.py -p 'an apple|fog:-1:-.9' -ip 'a.png:0.5 | http://x/y.png' -nps 3 4 -npw 0.5 -s 500 304 -in pixels "
        "-iw 0.2 -opt AdamP -aug Ji Er -cutm nrupdated -cutp 2 -o out.png -vid -vl 4 -d True -cd cpu"
    )
    dream = found.dream
    assert [(p.text, p.kind, p.weight, p.stop) for p in dream.prompts] == [
        ("an apple", "text", 1, None), ("fog", "text", -1, -0.9), ("a.png", "picture", 0.5, None),
        ("http://x/y.png", "picture", 1, None), ("noise(3)", "noise", 0.5, None), ("noise(4)", "noise", 1, None),
    ]  # fmt: skip
    assert (dream.size, dream.init, dream.init_weight, dream.optimiser) == ((496, 304), "noise", 0.2, "adamp")
    assert dream.options["cutouts"] == {"augments": "Ji Er", "power": 2.0} and dream.options["init"]["rule"] == "zero"
    pictures = found.pictures
    assert (pictures.file, pictures.overwrite, pictures.video, pictures.seconds, pictures.device) == ("out.png", True, "mp4", 4.0, "cpu")


def test_a_video_that_zooms() -> None:
    found = find("generate.py -p 'an apple' -zvid -zs 20 -zse 5 -zsc 1.02 -zsx 3 -zsy -1 -vl 4 -o out.png")
    dream = found.dream
    assert (dream.zoom, dream.shift, dream.zoom_every, dream.zoom_start) == (1.02, (3, -1), 5, 20)
    assert (found.pictures.video, found.pictures.seconds) == ("mp4", 4.0)
    assert "--zoom 1.02 --shift 3,-1 --zoom-every 5 --zoom-start 20 --out out.png" in next(found.lines())
    alone = find("generate.py -p 'an apple' -zsc 1.02")
    assert alone.dream.zoom == 1 and "-zsc: it belongs to -zvid, and does nothing alone" in alone.notes


def test_a_folder_that_is_painted_over() -> None:
    found = find("generate.py -p 'an apple' -vsd frames -vid -ii a.png -cpe 5 -o out")
    assert (found.pictures.over, found.pictures.file, found.pictures.video) == ("frames", "out", "mp4")
    assert found.dream.fit == "stretch" and found.dream.init == "random" and len(found.recipe.stages()) == 1
    assert {note.partition(":")[0] for note in found.notes} >= {"-ii", "-cpe"}
    assert "--fit stretch --over frames --out out --video mp4" in next(found.lines())
    assert find("generate.py -vsd frames").pictures.file == "steps"


def test_a_story_goes_round_and_keeps_its_pictures() -> None:
    found = find("generate.py -p 'a rose|red ^ a tulip' -ip a.png -cpe 100 -i 250")
    stages = [([prompt.text for prompt in dream.prompts], left) for dream, left in found.recipe.stages()]
    assert stages == [(["a rose", "red", "a.png"], 100), (["a tulip", "a.png"], 200), (["a rose", "red", "a.png"], 250)]
    assert "-cpe" in " ".join(find("generate.py -p 'a rose^a tulip'").notes)
    assert [line.split()[1] for line in found.lines()] == ["paint", "extend", "extend"]


def test_only_a_picture_needs_no_words() -> None:
    assert [prompt.kind for prompt in find("generate.py -ip a.png").dream.prompts] == ["picture"]
    assert find("generate.py").dream.prompts[0].text == "A cute, smiling, Nerdy Rodent"


def test_a_big_sleep_line() -> None:
    found = find(
        "dream 'a fox|a hen' --text-min blur --img a.png --epochs 2 --iterations 30 --num-cutouts 16 --gradient-accumulate-every 2 "
        "--experimental-resample --center-bias --max-classes 15 --save-date-time --append-seed --seed 4"
    )
    dream = found.dream
    told = [(prompt.text, prompt.weight) for prompt in dream.prompts]
    assert told == [("a fox", 0.5), ("a hen", 0.5), ("a.png", 1.0), ("blur", -1.0)]
    assert (dream.steps, dream.views, dream.seed) == (60, 32, 4)
    assert dream.options["cutouts"] == {"resample": "lanczos", "centre": True} and dream.options["biggan"]["max_classes"] == 15
    assert not found.chance and find("dream x --random").chance


def test_a_deep_daze_line() -> None:
    found = find("imagine 'a fox' --batch-size 8 --gradient-accumulate-every 2 --epochs 3 --iterations 10 --deeper --theta-initial 20 "
                 "--do_cutout=False --start-image-path a.png --optimizer DiffGrad --save-gif --averaging-weight 0.5")  # fmt: skip
    dream = found.dream
    assert (dream.views, dream.steps, dream.init, dream.optimiser) == (16, 30, "a.png", "diffgrad")
    assert dream.options["siren"] == {"layers": 32, "first": 20.0, "prime": 50, "finest": 1.0} and dream.options["cutouts"] == {
        "whole": True
    }
    assert dream.options["resemblance"]["group"] == 8 and dream.options["resemblance"]["together"] == 0.5
    assert (found.pictures.video, found.pictures.kind, found.pictures.every, found.chance) == ("gif", "jpg", 100, True)


def test_a_story_that_begins_with_a_vector() -> None:
    """deep-daze painted the vector for an epoch, and then the story, whose last part it never came to; a picture it ignored."""
    line = "imagine 'A fox ran. A hen sat.' --create_story --story_separator . --iterations 10"
    found = find(f"{line} --encoding fox.npy --img a.png")
    told = [([(prompt.text, prompt.kind) for prompt in dream.prompts], left) for dream, left in found.recipe.stages()]
    assert told == [([("fox.npy", "vector")], 10), ([("A fox ran", "text")], 20), ([("A hen sat", "text")], 30)]
    assert {note.partition(":")[0] for note in found.notes} >= {"--encoding", "--img"}
    assert not {"--encoding", "--img"} & {note.partition(":")[0] for note in find(line).notes}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("dream 'a fox'", "a-fox.png"),
        ("dream 'a fox|a hen, red' --text_min blur", "a-fox-a-hen-red.png"),
        ("dream 'Half/half: what? \"x\"'", "Half-half-what-x.png"),
        ("dream 'a fox' --save_date_time", "210203-040506-a-fox.png"),
        ("dream 'a fox' --append_seed --seed 7", "a-fox.7.png"),
        ("imagine 'a fox'", "a-fox.jpg"),
        ("imagine 'a fox' --save_date_time", "210203-040506-a-fox.jpg"),
    ],
)
def test_what_a_picture_is_called(line: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found, now = find(line), datetime(2021, 2, 3, 4, 5, 6)
    assert found.pictures.path(found.dream, now) == Path(name)
    Path(name).touch()
    assert found.pictures.path(found.dream, now) == Path(f"{Path(name).stem}-2{Path(name).suffix}")
    assert find(f"{line} --overwrite").pictures.path(found.dream, now) == Path(name)


def test_a_long_text_is_cut_between_words() -> None:
    found = find(f"dream '{'a very long text ' * 40}'")
    assert len(found.pictures.path(found.dream, datetime(2021, 2, 3)).name) < 90


@pytest.mark.parametrize(
    ("line", "guide", "weights"),
    [
        ("generate.py", "ViT-B/32", "imagenet_f16_16384"),
        ("generate.py -m ViT-L/14 -ckpt checkpoints/vqgan_wikiart_16384.ckpt", "ViT-L/14", "wikiart_16384"),
        ("dream 'a fox'", "ViT-B/32", "biggan-deep-512"),
        ("dream 'a fox' --image_size 256 --larger_model", "ViT-L/14", "biggan-deep-256"),
        ("imagine 'a fox'", "ViT-B/32", ""),
        ("imagine 'a fox' --model_name ViT-L/14", "ViT-L/14", ""),
    ],
)
def test_the_originals_networks_paint_where_they_are_installed(line: str, guide: str, weights: str) -> None:
    for name in ("ViT-B/32", "ViT-L/14", "imagenet_f16_16384", "wikiart_16384", "biggan-deep-256", "biggan-deep-512"):
        write_record(Record(name=name, files={}))
    found = find(line)
    assert [sight.name for sight in found.dream.perceptors] == [guide] and "not installed" not in " ".join(found.notes)
    assert found.dream.options.get(found.dream.generator, {}).get("weights", "") == weights


def test_a_text_and_a_picture_count_half_each() -> None:
    def told(line: str) -> list[tuple[str, float]]:
        return [(prompt.text, prompt.weight) for prompt in find(line).dream.prompts]

    assert told("imagine 'a fox | a hen' --img a.png") == [("a fox | a hen", 0.5), ("a.png", 0.5)]
    assert told("imagine --img a.png") == told("dream --img a.png") == [("a.png", 1.0)]
    assert told("dream 'a fox' --img a.png --text_min blur|fog") == [("a fox", 0.5), ("a.png", 0.5), ("blur", -1.0), ("fog", -1.0)]


def test_a_picture_alone_has_no_story() -> None:
    """VQGAN-CLIP failed by a name that was not there."""
    found = find("generate.py -ip a.png -cpe 10 -i 30")
    assert [([prompt.kind for prompt in dream.prompts], left) for dream, left in found.recipe.stages()] == [(["picture"], 30)]


def test_other_lines_are_refused() -> None:
    for line in ("python train.py -p x", "", "generate.py -p 'x"):
        with pytest.raises(BadRequest, match="command line"):
            find(line)
