"""lucidrains' deep-daze: ``imagine`` and its flags as ``reverie imagine``, and its class ``Imagine``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reverie.compat.flags import Flag, Original, Words, fields, notes, read
from reverie.compat.imagine import Painter, picture_of, vector_of
from reverie.compat.translation import ITERATIONS, Draft, Pictures, Translation, stages, stills
from reverie.compat.words import Prompts, phrases, picture, reader, story
from reverie.errors import BadRequest

VECTOR = "a prompt that is a vector, `.npy` or `.safetensors`, in the place of text and img, or before a story; a tensor, too, for Imagine"
ONCE = "20; here 1: --epochs 20 asks for all of them"
FOLDER = "no window opens: where the pictures are is said at the end"

FLAGS = (
    Flag(("--text",), "the first word", became="the prompt, all of it text"),
    Flag(("--img",), "none", became="a prompt that is a picture; beside a text each counts half, as the mean of the two did"),
    Flag(("--encoding", "--clip_encoding"), "none", became=VECTOR),
    Flag(("--learning_rate", "--lr"), "1e-5", "float", to="rate"),
    Flag(("--num_layers",), "16", "int", to="siren.layers"),
    Flag(("--hidden_size",), "256", "int", to="siren.width"),
    Flag(("--deeper",), "False", "switch", became="`-o siren.layers=32`"),
    Flag(("--theta_initial",), "30", "float", to="siren.first"),
    Flag(("--theta_hidden",), "30", "float", to="siren.hidden"),
    Flag(("--image_width",), "512", "int", to="size"),
    Flag(("--batch_size",), "4", "int", became="`--views`, and `-o resemblance.group`"),
    Flag(("--gradient_accumulate_every",), "4", "int", became="so many times the `--views`"),
    Flag(("--epochs",), ONCE, "int", became="`--steps`, epochs times iterations; of a story, as many as it has parts"),
    Flag(("--iterations",), "1050", "int", became="`--steps`"),
    Flag(("--save_every",), "100", "int", became="`--every`"),
    Flag(("--save_progress",), "True", "switch", became="`--every`, numbered stills; `--save_progress=False` for none"),
    Flag(("--save_date_time",), "False", "switch", became="the file's name"),
    Flag(("--overwrite",), "False", "switch", became="the file of that name is replaced; else a new one is numbered"),
    Flag(("--open_folder",), "True", "switch", note=FOLDER),
    Flag(("--save_gif",), "False", "switch", became="`--video gif`"),
    Flag(("--save_video",), "False", "switch", became="`--video mp4`"),
    Flag(("--seed",), "drawn", "int", to="seed", became="`--seed`; drawn and told where none is given"),
    Flag(("--start_image_path",), "none", became="`--init`; not washed out any more"),
    Flag(("--start_image_train_iters",), "50; of Imagine 10", "int", to="siren.prime"),
    Flag(("--start_image_lr",), "3e-4", "float", note="the start is learnt at a rate that follows from the network's size"),
    Flag(("--lower_bound_cutout",), "0.1", "float", to="cutouts.low"),
    Flag(("--upper_bound_cutout",), "1.0", "float", to="cutouts.high"),
    Flag(("--saturate_bound",), "False", "switch", to="cutouts.saturate"),
    Flag(("--gauss_sampling",), "False", "switch", to="cutouts.gauss", became="`-o cutouts.gauss`, which works now"),
    Flag(("--gauss_mean",), "0.6", "float", to="cutouts.mean"),
    Flag(("--gauss_std",), "0.2", "float", to="cutouts.spread"),
    Flag(("--do_cutout",), "True", "switch", became="False: `-o cutouts.whole=true`"),
    Flag(("--center_bias",), "False", "switch", to="cutouts.centre"),
    Flag(("--center_focus",), "2", "float", to="cutouts.focus"),
    Flag(("--averaging_weight",), "0.3", "float", to="resemblance.together"),
    Flag(("--optimizer",), "AdamP", became="`--optimiser`, in small letters", choices=("AdamP", "Adam", "DiffGrad")),
    Flag(("--model_name",), "ViT-B/32", became="`--perceptor`: an installed model or a file; else the built-in one, and a note"),
    Flag(("--jit",), "True", "switch", note="networks are not compiled ahead"),
    Flag(("--create_story",), "False", "switch", became="one painting in parts, as by `reverie extend --branch`"),
    Flag(("--story_start_words",), "5", "int", became="words of the first part"),
    Flag(("--story_words_per_epoch",), "5", "int", became="words that come in with each part; what the guide can read no more goes"),
    Flag(("--story_separator",), "none", became="what parts end at, instead of words"),
)
ORIGINAL = Original("deep-daze", "imagine", "deep-daze", FLAGS, positional=True)


def translate(words: Words) -> Translation:
    """What ``imagine WORDS`` would have painted; raises ``BadRequest`` for what cannot be."""
    given = read(ORIGINAL, words)
    first = given.pop("first", None)
    return translated({"text": first, **given} if first is not None else given)


def translated(given: dict[str, Any]) -> Translation:
    """The same of flags by name."""
    draft = Draft(ORIGINAL, *fields(ORIGINAL, given), list(notes(ORIGINAL, given)))
    draft.notes += _unpainted(given)
    draft.guide(given.get("model_name"), "ViT-B/32")
    batch, iterations = given.get("batch_size", 4), given.get("iterations", ITERATIONS)
    draft.fields["views"] = batch * given.get("gradient_accumulate_every", 4)
    draft.option("resemblance", group=batch)
    if given.get("deeper"):
        draft.option("siren", layers=32)
    if not given.get("do_cutout", True):
        draft.option("cutouts", whole=True)
    if "optimizer" in given:
        draft.fields["optimiser"] = given["optimizer"].lower()
    if start := given.get("start_image_path"):
        draft.fields["init"] = str(start)
        draft.options.setdefault("siren", {}).setdefault("prime", 50)
    told = _told(given, draft)
    epochs = len(told) if given.get("create_story") else draft.epochs(given)
    draft.fields["steps"] = epochs * iterations
    recipe = stages(draft.dream(told[0]), told, iterations)
    return Translation(ORIGINAL, recipe, _pictures(given, draft), tuple(draft.notes), chance=given.get("seed") is None)


def _told(given: dict[str, Any], draft: Draft) -> list[Prompts]:
    """The prompts, or those of each part of a story."""
    text = given.get("text")
    if not given.get("create_story"):
        return [asked(text, given.get("img"), given.get("clip_encoding"))]
    if not text or not text.strip():
        raise BadRequest("--create_story: there is no story: reverie imagine 'A fox ran. It came to a river.' --create_story.")
    separator = str(given.get("story_separator") or "")
    if separator and separator not in text:
        draft.notes.append(f"--story_separator: {separator!r} is not in the text, so that words are counted")
    guide = draft.fields.get("perceptors", [{"name": "mini"}])[0]["name"]
    parts = story(text, given.get("story_start_words", 5), given.get("story_words_per_epoch", 5), separator, reader(guide))
    # deep-daze began with the vector, too, and then never came to the story's last part.
    first = [vector_of(given["clip_encoding"])] if given.get("clip_encoding") is not None else []
    return [*first, *(asked(part) for part in parts)]


def _unpainted(given: dict[str, Any]) -> Iterator[str]:
    """What is to be said of a text or picture that something else was painted instead of."""
    if given.get("create_story"):
        if given.get("img") is not None:
            yield "--img: a story is of words alone, as ever"
        if given.get("clip_encoding") is not None:
            yield "--encoding: the story begins with the vector, as one part more"
    elif given.get("clip_encoding") is not None and (given.get("text") or given.get("img") is not None):
        yield "--encoding: the vector alone is painted, and neither text nor img"


def asked(text: str | None, img: Any = None, encoding: Any = None) -> Prompts:
    """What is to be seen: one text, bars and all, or a picture, or the middle of both; or a vector."""
    if encoding is not None:
        return vector_of(encoding)
    found = phrases(text, "\0", weight=0.5 if img is not None else 1.0) if text else ()
    if img is not None:
        found = (*found, picture(picture_of(img), weight=0.5 if found else 1.0))
    if not found:
        raise BadRequest("There is nothing to paint: reverie imagine 'a house in the forest', or --img picture.png.")
    return found


def _pictures(given: dict[str, Any], draft: Draft) -> Pictures:
    every = stills("--save_every", given.get("save_every", 100)) if given.get("save_progress", True) else None
    gif, mp4 = given.get("save_gif"), given.get("save_video")
    if gif and mp4:
        draft.notes.append("--save_gif: there is one video of a painting, the mp4")
    return Pictures(
        kind="jpg", dated=bool(given.get("save_date_time")), overwrite=bool(given.get("overwrite")), every=every,
        video="mp4" if mp4 else "gif" if gif else None,
    )  # fmt: skip


class Imagine(Painter):
    """deep-daze's class, with its arguments: ``Imagine(text="cosmic love and attention")()`` paints a file in the working folder.

    Painted again it goes on from where it was; ``set_clip_encoding`` changes what is painted from there on.
    """

    def __init__(
        self,
        *,
        text: str | None = None,
        img: Any = None,
        clip_encoding: Any = None,
        lr: float = 1e-5,
        batch_size: int = 4,
        gradient_accumulate_every: int = 4,
        save_every: int = 100,
        image_width: int = 512,
        num_layers: int = 16,
        epochs: int = 1,
        iterations: int = 1050,
        save_progress: bool = True,
        seed: int | None = None,
        open_folder: bool = False,
        save_date_time: bool = False,
        start_image_path: Any = None,
        start_image_train_iters: int = 10,
        start_image_lr: float | None = None,
        theta_initial: float | None = None,
        theta_hidden: float | None = None,
        model_name: str | None = None,
        lower_bound_cutout: float = 0.1,
        upper_bound_cutout: float = 1.0,
        saturate_bound: bool = False,
        averaging_weight: float = 0.3,
        create_story: bool = False,
        story_start_words: int = 5,
        story_words_per_epoch: int = 5,
        story_separator: str | None = None,
        gauss_sampling: bool = False,
        gauss_mean: float = 0.6,
        gauss_std: float = 0.2,
        do_cutout: bool = True,
        center_bias: bool = False,
        center_focus: float = 2,
        optimizer: str = "AdamP",
        jit: bool = False,
        hidden_size: int = 256,
        save_gif: bool = False,
        save_video: bool = False,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__") and value is not None}
        given["learning_rate"] = given.pop("lr")
        super().__init__(translated(given))

    def set_clip_encoding(self, text: str | None = None, img: Any = None, encoding: Any = None) -> None:
        """What is painted from here on."""
        self.turn(asked(text, img, encoding))
