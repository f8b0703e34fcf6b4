"""lucidrains' big-sleep: ``dream`` and its flags as ``reverie dream``, and its class ``Imagine``."""

from __future__ import annotations

from typing import Any

from reverie.compat.flags import Flag, Original, Words, fields, notes, read
from reverie.compat.imagine import Painter, picture_of, vector_of
from reverie.compat.translation import ITERATIONS, Draft, Pictures, Translation, stages, stills
from reverie.compat.words import Prompts, phrases, picture
from reverie.errors import BadRequest

ONCE = "20; here 1: what it painted stood after one, and went to pieces after"
VECTOR = "a prompt that is a vector, `.npy` or `.safetensors`, in the place of text and img; a tensor, too, for Imagine"
FOLDER = "no window opens: where the pictures are is said at the end"

FLAGS = (
    Flag(("--text",), "the first word", became="the prompt, with `|` between phrases"),
    Flag(("--img",), "none", became="a prompt that is a picture; beside a text each counts half, as the mean of the two did"),
    Flag(("--encoding",), "none (of Imagine alone)", became=VECTOR),
    Flag(("--text_min",), "none", became="prompts of weight -1; they are not painted as well, as they were"),
    Flag(("--lr",), "0.07", "float", to="rate"),
    Flag(("--image_size",), "512", "int", became="`--size`; 128, 256 and 512 choose among BigGANs where they are installed"),
    Flag(("--gradient_accumulate_every",), "1", "int", became="so many times the `--views`"),
    Flag(("--epochs",), ONCE, "int", became="`--steps`, epochs times iterations"),
    Flag(("--iterations",), "1050", "int", became="`--steps`"),
    Flag(("--save_every",), "50", "int", became="`--every` with save_progress; the painting is kept safe without it"),
    Flag(("--save_progress",), "False", "switch", became="`--every`, numbered stills"),
    Flag(("--save_best",), "False", "switch", became="`--keep-best`; a judge that never guides chooses"),
    Flag(("--save_date_time",), "False", "switch", became="the file's name"),
    Flag(("--overwrite",), "False", "switch", became="the file of that name is replaced; else a new one is numbered"),
    Flag(("--open_folder",), "True", "switch", note=FOLDER),
    Flag(("--seed",), "0; of Imagine drawn", "int", to="seed"),
    Flag(("--append_seed",), "False", "switch", became="the file's name"),
    Flag(("--random",), "False", "switch", became="a seed that is drawn and told"),
    Flag(("--torch_deterministic",), "False", "switch", became="`--deterministic`, which a CPU does not need"),
    Flag(("--bilinear",), "False", "switch", became="`-o cutouts.resample=bilinear`"),
    Flag(("--experimental_resample",), "False", "switch", became="`-o cutouts.resample=lanczos`"),
    Flag(("--max_classes",), "none", "int", to="biggan.max_classes"),
    Flag(("--class_temperature",), "2", "float", to="biggan.temperature"),
    Flag(("--ema_decay",), "0.5; of Imagine 0.99", "float", to="ema"),
    Flag(("--num_cutouts",), "128", "int", became="`--views`"),
    Flag(("--center_bias",), "False", "switch", to="cutouts.centre"),
    Flag(("--larger_model", "--larger_clip"), "False", "switch", became="`--perceptor ViT-L/14` where it is installed, and a note"),
)
ORIGINAL = Original("big-sleep", "dream", "big-sleep", FLAGS, positional=True)


def translate(words: Words) -> Translation:
    """What ``dream WORDS`` would have painted; raises ``BadRequest`` for what cannot be."""
    given = read(ORIGINAL, words)
    first = given.pop("first", None)
    return translated({"text": first, **given} if first is not None else given)


def translated(given: dict[str, Any]) -> Translation:
    """The same of flags by name."""
    draft = Draft(ORIGINAL, *fields(ORIGINAL, given), list(notes(ORIGINAL, given)))
    if given.get("encoding") is not None and (given.get("text") or given.get("img") is not None):
        draft.notes.append("--encoding: the vector alone is painted, and neither text nor img")
    draft.guide("ViT-L/14" if given.get("larger_model") else None, "ViT-B/32")
    size = given.get("image_size", 512)
    draft.fields["size"] = size
    draft.weights("biggan", f"biggan-deep-{size}" if size in (128, 256) else "biggan-deep-512", "BigGAN")
    draft.fields["steps"] = draft.epochs(given) * given.get("iterations", ITERATIONS)
    draft.fields["views"] = given.get("num_cutouts", 128) * given.get("gradient_accumulate_every", 1)
    draft.fields["keep_best"] = bool(given.get("save_best"))
    for name, how in (("bilinear", "bilinear"), ("experimental_resample", "lanczos")):
        if given.get(name):
            draft.option("cutouts", resample=how)
    recipe = stages(draft.dream(asked(given.get("text"), given.get("img"), given.get("text_min") or "", given.get("encoding"))), [()], 1)
    return Translation(ORIGINAL, recipe, pictures(given), tuple(draft.notes), chance=bool(given.get("random")))


def asked(text: str | None, img: Any = None, text_min: str = "", encoding: Any = None) -> Prompts:
    """What is to be seen and what not; a vector stands for all that is to be seen."""
    if encoding is not None:
        return (*vector_of(encoding), *phrases(text_min, weight=-1.0))
    found = phrases(text, weight=0.5 if img is not None else 1.0) if text else ()
    if img is not None:  # each phrase was averaged with the picture
        found = (*found, picture(picture_of(img), weight=0.5 * len(found) if found else 1.0))
    if not found:
        raise BadRequest("There is nothing to paint: reverie dream 'a pyramid made of ice', or --img picture.png.")
    return (*found, *phrases(text_min, weight=-1.0))


def pictures(given: dict[str, Any]) -> Pictures:
    """Where they go."""
    every = stills("--save_every", given.get("save_every", 50)) if given.get("save_progress") else None
    return Pictures(
        dated=bool(given.get("save_date_time")),
        seeded=bool(given.get("append_seed")),
        overwrite=bool(given.get("overwrite")),
        every=every,
        exact=bool(given.get("torch_deterministic")),
    )


class Imagine(Painter):
    """big-sleep's class, with its arguments: ``Imagine(text="fire in the sky")()`` paints a file in the working folder.

    Painted again it goes on from where it was; ``set_text`` changes what is painted from there on, ``reset`` begins anew.
    """

    def __init__(
        self,
        *,
        text: str | None = None,
        img: Any = None,
        encoding: Any = None,
        text_min: str = "",
        lr: float = 0.07,
        image_size: int = 512,
        gradient_accumulate_every: int = 1,
        save_every: int = 50,
        epochs: int = 1,
        iterations: int = 1050,
        save_progress: bool = False,
        bilinear: bool = False,
        open_folder: bool = False,
        seed: int | None = None,
        append_seed: bool = False,
        torch_deterministic: bool = False,
        max_classes: int | None = None,
        class_temperature: float = 2.0,
        save_date_time: bool = False,
        save_best: bool = False,
        experimental_resample: bool = False,
        ema_decay: float = 0.99,
        num_cutouts: int = 128,
        center_bias: bool = False,
        larger_clip: bool = False,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__") and value is not None}
        given["larger_model"] = given.pop("larger_clip")
        if max_classes is None:
            del given["class_temperature"]  # it is of those classes alone
        self.text_min = text_min
        super().__init__(translated({**given, "random": seed is None}))

    def set_clip_encoding(self, text: str | None = None, img: Any = None, encoding: Any = None, text_min: str = "") -> None:
        """What is painted from here on."""
        self.text_min = text_min
        self.turn(asked(text, img, text_min, encoding))

    def set_text(self, text: str) -> None:
        """What is painted from here on; what was penalised before is not any more, where big-sleep's stayed behind by mistake."""
        self.set_clip_encoding(text=text)
