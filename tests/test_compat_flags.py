"""The originals' flags: none is missing, each alone makes a dream, and without any the dream is the preset."""

from __future__ import annotations

import inspect
import shlex
from typing import Any

import pytest

from reverie import presets
from reverie.checks import check
from reverie.compat import big_sleep, deep_daze
from reverie.compat.flags import Flag, read
from reverie.compat.originals import ORIGINALS
from reverie.compat.vqgan_clip import METHODS, OPTIMISERS
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.fields import Sight

# Every name that the originals' own sources give, as originals.md's tables have them.
VQGAN_CLIP = """-p --prompts -ip --image_prompts -i --iterations -se --save_every -s --size -ii --init_image -in --init_noise -iw
--init_weight -m --clip_model -conf --vqgan_config -ckpt --vqgan_checkpoint -nps --noise_prompt_seeds -npw
--noise_prompt_weights -lr --learning_rate -cutm --cut_method -cuts --num_cuts -cutp --cut_power -sd --seed -opt
--optimiser -o --output -vid --video -zvid --zoom_video -zs --zoom_start -zse --zoom_save_every -zsc --zoom_scale -zsx
--zoom_shift_x -zsy --zoom_shift_y -cpe --change_prompt_every -vl --video_length -ofps --output_video_fps -ifps
--input_video_fps -d --deterministic -aug --augments -vsd --video_style_dir -cd --cuda_device"""
BIG_SLEEP = """text img encoding text_min lr image_size gradient_accumulate_every epochs iterations save_every overwrite save_progress
save_date_time bilinear open_folder seed append_seed random torch_deterministic max_classes class_temperature save_best
experimental_resample ema_decay num_cutouts center_bias larger_model larger_clip"""
DEEP_DAZE = """text img encoding clip_encoding lr learning_rate num_layers hidden_size batch_size gradient_accumulate_every epochs
iterations save_every image_width deeper overwrite save_progress seed open_folder save_date_time start_image_path start_image_train_iters
theta_initial theta_hidden start_image_lr lower_bound_cutout upper_bound_cutout saturate_bound create_story story_start_words
story_words_per_epoch story_separator averaging_weight gauss_sampling gauss_mean gauss_std do_cutout center_bias center_focus jit
save_gif save_video model_name optimizer"""
NAMES = {
    "generate": VQGAN_CLIP.split(),
    "dream": [f"--{name}" for name in BIG_SLEEP.split()],
    "imagine": [f"--{name}" for name in DEEP_DAZE.split()],
}
# Values that mean something, where the flag's kind does not say which.
VALUES = {
    "prompts": "a fox:2|fog:-1^a hen", "image_prompts": "a.png|b.png:0.5", "size": "64 48", "init_image": "a.png", "init_noise": "pixels",
    "augments": "Ji Er", "noise_prompt_seeds": "3 4", "noise_prompt_weights": "0.5 1", "img": "a.png", "start_image_path": "a.png",
    "cuda_device": "cpu", "ema_decay": "0.9", "lower_bound_cutout": "0.2", "upper_bound_cutout": "0.9", "averaging_weight": "0.5",
    "encoding": "a.npy", "clip_encoding": "a.npy", "clip_model": "mini", "model_name": "mini", "image_size": "64",
}  # fmt: skip
SAMPLES = {"text": "some words", "int": "3", "float": "0.25"}


def words_of(flag: Flag, spelling: str) -> list[str]:
    if flag.kind == "switch":
        return [spelling]
    value = flag.choices[0] if flag.choices and flag.kind == "text" else VALUES.get(flag.name) or SAMPLES[flag.kind.removesuffix("s")]
    return [spelling, *(value.split() if flag.kind.endswith("s") else [value])]


def every_flag() -> list[Any]:
    found = [(command, flag) for command, (original, _) in ORIGINALS.items() for flag in original.flags]
    return [pytest.param(command, flag, id=f"{command} {flag.name}") for command, flag in found]


@pytest.mark.parametrize("command", ORIGINALS)
def test_no_flag_is_missing_and_none_is_made_up(command: str) -> None:
    told = [name for flag in ORIGINALS[command][0].flags for name in flag.spelt]
    assert sorted(told) == sorted(NAMES[command])


@pytest.mark.parametrize(("command", "flag"), every_flag())
def test_every_flag_alone_makes_a_dream_that_can_be_painted(command: str, flag: Flag) -> None:
    original, translate = ORIGINALS[command]
    for spelling in flag.spelt:
        words = words_of(flag, spelling)
        first = ["a fox"] if original.positional and flag.name != "text" else []
        if flag.refused:
            with pytest.raises(BadRequest, match=f"{flag.spelt[0]}: "):
                translate([*first, *words])
            continue
        found = translate([*first, *words])
        check(found.dream)
        assert flag.whereto and Dream.model_validate(found.dream.model_dump()) == found.dream
        assert found.recipe.stages()
        if flag.note:
            assert any(flag.note in note for note in found.notes)
        if flag.to and "." not in flag.to:
            assert getattr(found.dream, flag.to) != getattr(translate(first or ["-p", "a fox"]).dream, flag.to) or flag.name == "cut_method"


@pytest.mark.parametrize("command", ORIGINALS)
def test_without_flags_it_is_the_preset(command: str) -> None:
    original, translate = ORIGINALS[command]
    text = ["a fox"] if original.positional else ["-p", "a fox"]
    assert translate(text).dream == Dream("a fox", **presets.fields(original.preset))


@pytest.mark.parametrize(("command", "kind"), [("dream", big_sleep.Imagine), ("imagine", deep_daze.Imagine)])
def test_the_classes_take_every_argument(command: str, kind: type) -> None:
    names = {flag.lstrip("-") for flag in NAMES[command]}
    alone = {"overwrite", "random", "larger_model", "deeper", "learning_rate", "encoding" if command == "imagine" else ""}
    assert set(inspect.signature(kind).parameters) == names - alone


def test_fires_spellings() -> None:
    original = big_sleep.ORIGINAL
    wanted = {"first": "a fox", "save_progress": True, "save_every": 100, "seed": 7}
    for words in (
        ["a fox", "--save-progress", "--save-every", "100", "--seed=7"],
        ["--save_progress", "a fox", "--save_every=100", "--seed", "7"],
        ["--save-progress=True", "--seed=7", "a fox", "--save-every=100"],
        ["--save_progress", "True", "a fox", "--save-every", "100", "--seed", "7", "--img=None"],
    ):
        assert read(original, words) == wanted
    assert read(deep_daze.ORIGINAL, ["a fox", "--nosave_progress", "--do-cutout=False"]) == {
        "first": "a fox", "save_progress": False, "do_cutout": False,
    }  # fmt: skip
    assert read(original, ["1984"])["first"] == "1984"  # fire made a number of it, which failed


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("dream", ["of", "a", "castle"], "reverie paint 'dream ...'"),
        ("generate", ["-p", "x", "stray"], "'stray' is left over"),
        ("dream", ["x", "--save-progres"], "--save_progress"),
        ("dream", ["x", "--seed", "seven"], "no whole number"),
        ("imagine", ["x", "--save_gif=perhaps"], "perhaps"),
        ("generate", ["-cutm", "newest"], "invalid choice"),
        ("generate", ["-p", "x", "-zvid", "-zsc", "3"], "zoom"),
        ("generate", ["-p", "x", "-se", "0"], "every 1, 2, 3"),
        ("generate", ["-p", "x", "-i", "-3"], "steps"),
        ("dream", ["x", "--save-progress", "--save-every", "0"], "every 1, 2, 3"),
        ("dream", [], "nothing to paint"),
        ("imagine", ["--create-story"], "no story"),
        ("generate", ["-m", "ViT-Z/99"], "ViT-Z/99"),
    ],
)
def test_refusals_say_what_to_do(command: str, words: list[str], said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        ORIGINALS[command][1](words)
    assert said in str(refused.value)


def reached(words: str, path: str) -> Any:
    """What the words set at ``path``: a field of the dream, an option of a component, what is done with pictures, or all notes."""
    command, *rest = shlex.split(words)
    original, translate = ORIGINALS[command]
    found: Any = translate([*(["a fox"] if original.positional else ["-p", "a fox"]), *rest])
    if path == "notes":
        return " ".join(found.notes)
    for name in (path if path.startswith("pictures") or path == "chance" else f"dream.{path}").split("."):
        found = found.get(name, {}) if isinstance(found, dict) else getattr(found, name)
    return found


# What each flag's value becomes, where one thing says it; stories, prompts and files' names have tests of their own.
SETS: list[tuple[str, str, Any]] = [
    ("generate -i 80", "steps", 80),
    ("generate -se 10", "pictures.every", 10),
    ("generate -s 500 304", "size", (496, 304)),
    ("generate -ii a.png", "init", "a.png"),
    ("generate -ii a.png", "fit", "stretch"),
    ("generate -in pixels", "init", "noise"),
    ("generate -in gradient", "init", "gradient"),
    ("generate -iw 0.2", "init_weight", 0.2),
    ("generate -m mini", "perceptors", (Sight(name="mini"),)),
    ("generate -ckpt v.ckpt", "options.vqgan.weights", "v.ckpt"),
    ("generate -conf v.yaml -ckpt w.ckpt", "options.vqgan.config", "v.yaml"),
    ("generate -conf v.yaml", "options.vqgan.weights", "v.ckpt"),
    ("generate -lr 0.25", "rate", 0.25),
    *((f"generate -cutm {name}", "cutouts", name) for name in METHODS),
    ("generate -cuts 64", "views", 64),
    ("generate -cutm original -cutp 2", "options.cutouts.power", 2.0),
    ("generate -sd 5", "seed", 5),
    *((f"generate -opt {name}", "optimiser", name.lower()) for name in OPTIMISERS),
    ("generate -o x.png", "pictures.file", "x.png"),
    ("generate -o x.png", "pictures.overwrite", True),
    ("generate -vid", "pictures.video", "mp4"),
    ("generate -zvid", "pictures.video", "mp4"),
    ("generate -zvid", "zoom", 0.99),
    ("generate -zvid -zsc 1.02", "zoom", 1.02),
    ("generate -zvid -zs 7", "zoom_start", 7),
    ("generate -zvid -zse 5", "zoom_every", 5),
    ("generate -zvid -zsx 3 -zsy -1", "shift", (3, -1)),
    ("generate -vid -vl 4", "pictures.seconds", 4.0),
    ("generate -aug Ji Er", "options.cutouts.augments", "Ji Er"),
    ("generate -aug Hf Af Pe Ji Er", "options.cutouts.augments", "Hf Af Pe Ji Er"),
    ("generate -vsd frames", "pictures.over", "frames"),
    ("generate -cd cpu", "pictures.device", "cpu"),
    ("generate -d True", "pictures.exact", True),
    ("dream --torch_deterministic", "pictures.exact", True),
    ("dream --lr 0.05", "rate", 0.05),
    ("dream --image_size 256", "size", (256, 256)),
    ("dream --gradient_accumulate_every 2", "views", 256),
    ("dream --epochs 3", "steps", 3150),
    ("dream --iterations 500", "steps", 500),
    ("dream --save_progress", "pictures.every", 50),
    ("dream --save_progress --save_every 20", "pictures.every", 20),
    ("dream --save_best", "keep_best", True),
    ("dream --save_date_time", "pictures.dated", True),
    ("dream --overwrite", "pictures.overwrite", True),
    ("dream --seed 5", "seed", 5),
    ("dream --append_seed", "pictures.seeded", True),
    ("dream --random", "chance", True),
    ("dream --bilinear", "options.cutouts.resample", "bilinear"),
    ("dream --experimental_resample", "options.cutouts.resample", "lanczos"),
    ("dream --max_classes 15", "options.biggan.max_classes", 15),
    ("dream --max_classes 15 --class_temperature 3", "options.biggan.temperature", 3.0),
    ("dream --ema_decay 0.9", "ema", 0.9),
    ("dream --num_cutouts 16", "views", 16),
    ("dream --center_bias", "options.cutouts.centre", True),
    ("imagine --learning_rate 2e-5", "rate", 2e-5),
    ("imagine --num_layers 32", "options.siren.layers", 32),
    ("imagine --deeper", "options.siren.layers", 32),
    ("imagine --hidden_size 128", "options.siren.width", 128),
    ("imagine --theta_initial 20", "options.siren.first", 20.0),
    ("imagine --theta_hidden 20", "options.siren.hidden", 20.0),
    ("imagine --image_width 256", "size", (256, 256)),
    ("imagine --batch_size 8", "views", 32),
    ("imagine --batch_size 8", "options.resemblance.group", 8),
    ("imagine --gradient_accumulate_every 2", "views", 8),
    ("imagine --epochs 3", "steps", 3150),
    ("imagine --iterations 500", "steps", 500),
    ("imagine --save_every 20", "pictures.every", 20),
    ("imagine --save_progress=False", "pictures.every", None),
    ("imagine --save_date_time", "pictures.dated", True),
    ("imagine --overwrite", "pictures.overwrite", True),
    ("imagine --save_gif", "pictures.video", "gif"),
    ("imagine --save_video", "pictures.video", "mp4"),
    ("imagine --seed 5", "seed", 5),
    ("imagine --start_image_path a.png", "init", "a.png"),
    ("imagine --start_image_path a.png --start_image_train_iters 90", "options.siren.prime", 90),
    ("imagine --lower_bound_cutout 0.2", "options.cutouts.low", 0.2),
    ("imagine --upper_bound_cutout 0.9", "options.cutouts.high", 0.9),
    ("imagine --saturate_bound", "options.cutouts.saturate", True),
    ("imagine --gauss_sampling", "options.cutouts.gauss", True),
    ("imagine --gauss_mean 0.5", "options.cutouts.mean", 0.5),
    ("imagine --gauss_std 0.1", "options.cutouts.spread", 0.1),
    ("imagine --do_cutout=False", "options.cutouts.whole", True),
    ("imagine --center_bias", "options.cutouts.centre", True),
    ("imagine --center_focus 3", "options.cutouts.focus", 3.0),
    ("imagine --averaging_weight 0.5", "options.resemblance.together", 0.5),
    *((f"imagine --optimizer {name}", "optimiser", name.lower()) for name in ("AdamP", "Adam", "DiffGrad")),
    ("imagine --model_name mini", "perceptors", (Sight(name="mini"),)),
]
USUAL = {"generate -m mini", "imagine --model_name mini", "generate -cutm latest", "generate -opt Adam", "imagine --optimizer AdamP"}


@pytest.mark.parametrize(("words", "path", "value"), SETS, ids=[f"{words} > {path}" for words, path, _ in SETS])
def test_what_a_flag_sets(words: str, path: str, value: Any) -> None:
    assert reached(words, path) == value
    assert reached(words.split()[0], path) != value or words in USUAL


SAID = [
    ("generate -in rainbow", "neither pixels nor gradient"),
    ("generate -s 500 304", "is cut down to 496x304"),
    ("generate -cutp 2", "pools the whole picture and cuts nothing"),
    ("generate -cutm original -aug Ji", "has augmentations of its own"),
    ("generate -aug Ji -aug Er", "only the first group counts"),
    ("generate -npw 0.5", "1 weights for 0 seeds"),
    ("generate -zvid -vid", "there is one video of a painting"),
    ("generate -zs 7", "belongs to -zvid"),
    ("generate -m ViT-B/16", "reverie models pull ViT-B/16"),
    ("generate -ofps 30", "25 pictures a second"),
    ("generate -ifps 20", "25 pictures a second"),
    ("dream --image_size 256", "reverie models pull biggan-deep-256"),
    ("dream --larger_model", "reverie models pull ViT-L/14"),
    ("dream --open_folder", "no window opens"),
    ("imagine --save_gif --save_video", "there is one video of a painting"),
    ("imagine --start_image_lr 1e-3", "the network's size"),
    ("imagine --jit", "not compiled"),
    ("imagine --create_story --story_separator ,", "is not in the text"),
    ("imagine --model_name RN50", "reverie models pull RN50"),
]


@pytest.mark.parametrize(("words", "said"), SAID, ids=[words for words, _ in SAID])
def test_what_is_said_of_a_flag(words: str, said: str) -> None:
    assert said in reached(words, "notes") and said not in reached(words.split()[0], "notes")
