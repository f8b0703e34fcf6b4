"""The originals' flags: none is missing, each alone makes a dream, and without any the dream is the preset."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from reverie import presets
from reverie.checks import check
from reverie.compat import big_sleep, deep_daze
from reverie.compat.flags import Flag, read
from reverie.compat.originals import ORIGINALS
from reverie.dream import Dream
from reverie.errors import BadRequest

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
