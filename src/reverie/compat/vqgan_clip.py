"""nerdyrodent's VQGAN-CLIP: ``generate.py`` and its flags, as ``reverie generate``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from reverie.compat.flags import Flag, Original, Words, fields, notes, read
from reverie.compat.translation import Draft, Pictures, Translation, here, stages, stills
from reverie.compat.words import Prompts, weighed
from reverie.manifest import known
from reverie.options.cutouts_notebook import LETTERS
from reverie.prompts import Prompt
from reverie.video import Kind

GRID = 16  # pixels to a code of nearly all VQGANs; the original cut sizes down to whole codes, too
METHODS = ("original", "updated", "nrupdated", "updatedpooling", "latest")
OPTIMISERS = ("Adam", "AdamW", "Adagrad", "Adamax", "DiffGrad", "AdamP", "RAdam", "RMSprop")
MOVES = ("zoom_start", "zoom_save_every", "zoom_scale", "zoom_shift_x", "zoom_shift_y")
OF_ONE = ("init_image", "init_noise", "zoom_video", "change_prompt_every", "video_length")
MODEL = "imagenet_f16_16384"
UNTOLD = "A cute, smiling, Nerdy Rodent"
MIRRORED = "; zooming out shows mirrored edges, where it left black ones"
FPS = "videos have 25 pictures a second, made from up to 600 steps of the way"


FLAGS = (
    Flag(("-p", "--prompts"), UNTOLD, became="the prompt; `^` between the parts of a story, see `-cpe`; colons weigh only at numbers"),
    Flag(("-ip", "--image_prompts"), "none", became="prompts that are pictures: `'a fox | style.jpg:0.5'`"),
    Flag(("-i", "--iterations"), "500", "int", to="steps"),
    Flag(("-se", "--save_every"), "50", "int", became="given: `--every`, numbered stills; the painting is kept safe without it"),
    Flag(("-s", "--size"), "512 512; 256 256 without a GPU", "ints", became=f"`--size`, 256x256; cut down to multiples of {GRID}", count=2),
    Flag(("-ii", "--init_image"), "none", became="`--init`, with `--fit stretch` as it was"),
    Flag(("-in", "--init_noise"), "none", became="`--init noise` for pixels, `--init gradient`; anything else starts from chance codes"),
    Flag(("-iw", "--init_weight"), "0", "float", to="init_weight", became="`--init-weight`, towards zero and fading (`-o init.rule=zero`)"),
    Flag(("-m", "--clip_model"), "ViT-B/32", became="`--perceptor`: an installed model or a file; else the built-in one, and a note"),
    Flag(("-conf", "--vqgan_config"), "of the checkpoint", became="`-o vqgan.config`"),
    Flag(("-ckpt", "--vqgan_checkpoint"), f"vqgan_{MODEL}.ckpt", became="`-o vqgan.weights`; the built-in one while that is not installed"),
    Flag(("-nps", "--noise_prompt_seeds"), "none", "ints", became="prompts `noise(7)`"),
    Flag(("-npw", "--noise_prompt_weights"), "none", "floats", became="their weights: `noise(7):0.5`; 1 where there is none"),
    Flag(("-lr", "--learning_rate"), "0.1", "float", to="rate"),
    Flag(("-cutm", "--cut_method"), "latest", to="cutouts", choices=METHODS),
    Flag(("-cuts", "--num_cuts"), "32", "int", to="views"),
    Flag(("-cutp", "--cut_power"), "1", "float", became="`-o cutouts.power`; as ever, pooling methods cut nothing"),
    Flag(("-sd", "--seed"), "drawn", "int", to="seed", became="`--seed`; drawn and told where none is given"),
    Flag(("-opt", "--optimiser"), "Adam", became="`--optimiser`, in small letters", choices=OPTIMISERS),
    Flag(("-o", "--output"), "output.png", became="given: `--out`, over what is there; else a file named after the prompt"),
    Flag(("-vid", "--video"), "off", "switch", became="`--video mp4`"),
    Flag(("-zvid", "--zoom_video"), "off", "switch", became="`--zoom` and `--shift`, with `--video mp4` of the pictures between two moves"),
    Flag(("-zs", "--zoom_start"), "0", "int", became="with -zvid: `--zoom-start`"),
    Flag(("-zse", "--zoom_save_every"), "10", "int", became="with -zvid: `--zoom-every`"),
    Flag(("-zsc", "--zoom_scale"), "0.99", "float", became=f"with -zvid: `--zoom`{MIRRORED}"),
    Flag(("-zsx", "--zoom_shift_x"), "0", "int", became="with -zvid: `--shift`"),
    Flag(("-zsy", "--zoom_shift_y"), "0", "int", became="with -zvid: `--shift`"),
    Flag(("-cpe", "--change_prompt_every"), "0", "int", became="steps of each part of a story, as by `reverie extend --branch`"),
    Flag(("-vl", "--video_length"), "10", "float", became="`--seconds`"),
    Flag(("-ofps", "--output_video_fps"), "0", "float", note=FPS),
    Flag(("-ifps", "--input_video_fps"), "15", "float", note=FPS),
    Flag(("-d", "--deterministic"), "off", "switch", became="`--deterministic`, which a CPU does not need"),
    Flag(("-aug", "--augments"), "Af Pe Ji Er", "texts", became="`-o cutouts.augments='Af Pe Ji Er'`", choices=LETTERS),
    Flag(("-vsd", "--video_style_dir"), "none", became="`--over`, by name, into the folder `-o` or `./steps`; with `-vid` a video, too"),
    Flag(("-cd", "--cuda_device"), "cuda:0", became="given: `--device`; else the fastest there is"),
)  # fmt: skip
ORIGINAL = Original("VQGAN-CLIP", "generate", "vqgan-clip", FLAGS, positional=False)


def translate(words: Words) -> Translation:
    """What ``python generate.py WORDS`` would have painted; raises ``BadRequest`` for what cannot be."""
    given = read(ORIGINAL, words)
    draft = Draft(ORIGINAL, *fields(ORIGINAL, given), list(notes(ORIGINAL, given)))
    _over(given, draft)
    told = list(_told(given, draft))
    _start(given, draft)
    _networks(given, draft)
    _views(given, draft)
    _camera(given, draft)
    if "optimiser" in given:
        draft.fields["optimiser"] = given["optimiser"].lower()
    every = given.get("change_prompt_every", 0)
    dream = draft.dream(told[0])
    if len(told) > 1 and every < 1:
        draft.notes.append("only the first part of the story is painted: -cpe 100 goes on to the next after 100 steps")
    rounds = [told[number % len(told)] for number in range(-(-dream.steps // every))] if every > 0 and len(told) > 1 else told[:1]
    return Translation(ORIGINAL, stages(dream, rounds, every), _pictures(given), tuple(dict.fromkeys(draft.notes)), "seed" not in given)


def _told(given: dict[str, Any], draft: Draft) -> Iterator[Prompts]:
    """The prompts of each part of the story; pictures and noise are part of every one, where the original forgot them."""
    pictures = [_one(path, draft, "picture") for path in given.get("image_prompts", "").split("|") if path.strip()]
    seeds, weights = given.get("noise_prompt_seeds", []), given.get("noise_prompt_weights", [])
    if len(weights) > len(seeds):
        draft.notes.append(f"-npw: {len(weights)} weights for {len(seeds)} seeds of noise; those at the end count for nothing")
    noise = [
        Prompt(text=f"noise({seed})", kind="noise", weight=1.0 if weight is None else weight)
        for seed, weight in zip_longest(seeds, weights[: len(seeds)])
    ]
    text = given.get("prompts", "" if pictures else UNTOLD)
    for part in text.split("^"):
        yield (*(_one(one, draft) for one in part.split("|") if one.strip() or not pictures), *pictures, *noise)


def _one(text: str, draft: Draft, kind: str = "text") -> Prompt:
    prompt, note = weighed(text, kind)
    draft.notes += [f"-p: {note}"] if note else []
    return prompt


def _start(given: dict[str, Any], draft: Draft) -> None:
    if size := given.get("size"):
        cut = [side // GRID * GRID for side in size]
        if cut != size:
            draft.notes.append(f"-s: {size[0]}x{size[1]} is cut down to {cut[0]}x{cut[1]}, whole codes of the VQGAN")
        draft.fields["size"] = tuple(cut)
    if image := given.get("init_image"):
        draft.fields |= {"init": image, "fit": "stretch"}
    elif noise := given.get("init_noise"):
        if noise in ("pixels", "gradient"):
            draft.fields["init"] = {"pixels": "noise"}.get(noise, noise)
        else:
            draft.notes.append(f"-in: {noise!r} is neither pixels nor gradient, so that it starts from chance codes")


def _networks(given: dict[str, Any], draft: Draft) -> None:
    draft.guide(given.get("clip_model"), "ViT-B/32")
    config, checkpoint = given.get("vqgan_config"), given.get("vqgan_checkpoint")
    if config and not checkpoint:
        checkpoint = str(Path(config).with_suffix(".ckpt"))
    if not checkpoint:
        draft.weights("vqgan", MODEL, "VQGAN")
        return
    name = Path(checkpoint).stem.removeprefix("vqgan_")
    if not Path(checkpoint).exists() and (here(name) or name in known()):
        draft.option("vqgan", weights=name)
    else:
        draft.option("vqgan", weights=checkpoint, **({"config": config} if config else {}))


def _views(given: dict[str, Any], draft: Draft) -> None:
    method = given.get("cut_method", "latest")
    if "cut_power" in given:
        if method in ("latest", "updatedpooling"):
            draft.notes.append(f"-cutp: {method!r} pools the whole picture and cuts nothing")
        draft.option("cutouts", power=given["cut_power"])
    if groups := given.get("augments"):
        if len(groups) > 1:
            draft.notes.append("-aug: only the first group counts, as ever")
        if method not in ("latest", "nrupdated"):
            draft.notes.append(f"-aug: {method!r} has augmentations of its own")
        draft.option("cutouts", augments=" ".join(groups[0]))


def _camera(given: dict[str, Any], draft: Draft) -> None:
    if not given.get("zoom_video"):
        draft.notes += [
            f"{flag.spelt[0]}: it belongs to -zvid, and does nothing alone" for flag in FLAGS if flag.name in given and flag.name in MOVES
        ]
        return
    if given.get("video"):
        draft.notes.append("-vid: there is one video of a painting, that of -zvid")
    right, down = given.get("zoom_shift_x", 0), given.get("zoom_shift_y", 0)
    draft.fields |= {"zoom": given.get("zoom_scale", 0.99), "shift": (right, down)}
    draft.fields |= {"zoom_every": given.get("zoom_save_every", 10), "zoom_start": given.get("zoom_start", 0)}


def _over(given: dict[str, Any], draft: Draft) -> None:
    """Each picture of a folder is a painting of its own, that begins from it."""
    if not given.get("video_style_dir"):
        return
    draft.fields["fit"] = "stretch"
    for flag in [flag for flag in FLAGS if flag.name in OF_ONE and given.pop(flag.name, None)]:
        draft.notes.append(f"{flag.spelt[0]}: it does nothing with -vsd, where each picture is a painting of its own")


def _pictures(given: dict[str, Any]) -> Pictures:
    over = given.get("video_style_dir", "")
    every = stills("-se", given["save_every"]) if "save_every" in given else None
    video: Kind | None = "mp4" if given.get("video") or given.get("zoom_video") else None
    return Pictures(
        file=given.get("output", "steps" if over else ""), over=over, overwrite="output" in given, every=every, video=video,
        seconds=given.get("video_length", 10.0), device=given.get("cuda_device", "auto"),
        exact=bool(given.get("deterministic")),
    )  # fmt: skip
