"""``reverie daydream|layers|read``: dreaming without words, what there is to dream into, and what a perceptor sees, in words."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.flags import METAVARS, dreams, with_dream_flags
from reverie.cli.flags import options as parse_options
from reverie.cli.output import DEVICE, SWITCH, Output
from reverie.errors import BadRequest

if TYPE_CHECKING:
    from reverie.craft.sight import Sight

OPTION = Parameter(name=["--option", "-o"], negative=(), metavar=METAVARS["options"], help="the perceptor's own, as clip.weights=FILE")
LARGEST = 512  # pixels of the longer side, where --size says nothing
# A spectrum moves whole shapes and keeps a photograph's light; nobody judges what has no words.
FIELDS: dict[str, Any] = {"generator": "fft", "judge": "none"}
LAYER = "blocks.5"  # of mini: shapes with folds and scales; blocks.3 dots and eyes, blocks.1 flakes of colour


@with_dream_flags
def daydream(
    *pictures: Annotated[str, Parameter(help="pictures to begin with, each painted in its own shape; none: clouds of chance colour")],
    channel: Annotated[
        int | None, Parameter(help="of the layers that name none: only this one, counted from 0", validator=Number(gte=0))
    ] = None,
    octaves: Annotated[int | None, Parameter(help="sizes at which the picture is shown, the smallest first [default: 3]")] = None,
    output: Output | None = None,
    **fields: Any,
) -> int:
    """Dream without words: what a layer of a perceptor sees a little of in a picture, more of it, as in Inceptionism (2015).

    By the generator fft, and the longer side has at most 512 pixels; paint's flags change that.
    """
    from reverie.cli.run import painted

    given = {**FIELDS, **{name: value for name, value in fields.items() if value is not None}}
    if "init" in given:
        raise BadRequest("A daydream's pictures stand without a flag: reverie daydream photo.jpg.")
    if "layers" not in given and "perceptors" in given:
        raise BadRequest(f"Into which layer? --layer NAME; `reverie layers {given['perceptors'][0]}` lists them.")
    given.setdefault("layers", [LAYER])
    if octaves is not None:
        given["options"] = [*given.get("options", ()), f"layers.octaves={octaves}"]
    asked = []
    for picture in pictures or ("fractal",):
        size = {"size": shape_of(picture)} if pictures and "size" not in given else {}
        dream = dreams((), {**given, **size, "init": picture})[0]
        if channel is not None:
            named = tuple(layer if layer.channel is not None else layer.model_copy(update={"channel": channel}) for layer in dream.layers)
            dream = dream.model_copy(update={"layers": named})
        asked.append(dream)
    return painted(asked, output or Output())


def shape_of(picture: str) -> str:
    """The size of a painting over a picture: its own, made smaller where it is large."""
    from reverie.images import load_picture

    width, height = load_picture(picture).size
    scale = min(1.0, LARGEST / max(width, height))
    return f"{max(1, round(width * scale))}x{max(1, round(height * scale))}"


def layers(
    perceptor: Annotated[str, Parameter(help="whose")] = "mini",
    *,
    option: Annotated[list[str] | None, OPTION] = None,
    json: Annotated[bool, SWITCH, Parameter(help="a JSON object per line")] = False,
) -> int:
    """List a perceptor's layers that can be dreamt into, from the first that sees to the last, each with its channels and places."""
    from json import dumps

    from reverie.build import eye
    from reverie.perceptors.inside import channels
    from reverie.perceptors.inside import layers as inside

    for name, shape in inside(eye(perceptor, "cpu", parse_options(option or [])), perceptor).items():
        places = shape[1:] if len(shape) == 3 else shape[:-1]
        if json:
            print(dumps({"layer": name, "channels": channels(shape), "places": list(places)}))
        else:
            print(f"{name:<40} {channels(shape):>5} channels" + (f" in {'x'.join(map(str, places))} places" if places else ""))
    return 0


def read(
    *pictures: Annotated[Path, Parameter(help="pictures to look at")],
    words: Annotated[
        list[Path] | None,
        Parameter(negative=(), help="a text file of your own words, a phrase a line: a category by its name, or more of one that there is"),
    ] = None,
    top: Annotated[int, Parameter(help="so many of each category", validator=Number(gte=1, lte=1000))] = 5,
    perceptor: Annotated[str, Parameter(help="who looks")] = "mini",
    option: Annotated[list[str] | None, OPTION] = None,
    device: Annotated[str, DEVICE] = "auto",
    json: Annotated[bool, SWITCH, Parameter(help="one JSON object per picture")] = False,
) -> int:
    """Tell what a perceptor sees in pictures: the nearest words of each category, and a prompt for each, which alone goes to stdout.

    So it can be painted again: reverie "$(reverie read photo.jpg)".
    """
    from reverie import registry
    from reverie.craft.vocabulary import lists as words_of
    from reverie.images import load_picture

    if not pictures:
        raise BadRequest("Which picture? reverie read photo.jpg")
    ours = registry.answering("perceptor", perceptor)[-1] == "mini"
    loaded = [load_picture(picture) for picture in pictures]
    written = [_written(picture) for picture in pictures]
    from reverie.build import eye
    from reverie.craft.sight import seen, sight
    from reverie.weights import load_judge

    there = words_of(tuple(load_judge("mini")[1]), ours, words or [])
    looking = eye(perceptor, device, parse_options(option or []))
    for picture, embedding, text in zip(pictures, seen(loaded, looking), written, strict=True):
        found = sight(embedding, there, looking, text)
        if json:
            print(as_json(picture, found, top), flush=True)
            continue
        print("\n".join(table(picture, found, top)), file=sys.stderr)
        print(found.prompt, flush=True)
    return 0


def _written(picture: Path) -> str:
    """The words that a picture of Reverie's was painted from; empty where there are none."""
    from reverie.errors import ReverieError
    from reverie.files import read_recipe
    from reverie.prompt import wanted_words

    try:
        dream = read_recipe(picture).stages()[-1][0]
    except ReverieError:
        return ""
    return wanted_words(dream.prompts)


def table(picture: Path, found: Sight, top: int) -> list[str]:
    """A line per category: phrases, their probabilities within it, and their cosines in brackets."""
    lines = [f"{picture}"]
    for category, near in found.found.items():
        told = ", ".join(f"{one.phrase} {one.probability:.2f} ({one.cosine:.3f})" for one in near[:top])
        lines.append(f"  {category:<12}{told}")
    if found.written:
        ranks = [f"{category} {phrase!r} is number {rank}" for category, (phrase, rank) in found.written.ranks.items()]
        lines.append(f"  {'written':<12}" + "; ".join([f"{found.written.text!r} ({found.written.cosine:.3f})", *ranks]))
    lines.append(f"  {'prompt':<12}({found.cosine:.3f})")
    return lines


def as_json(picture: Path, found: Sight, top: int) -> str:
    from json import dumps

    def near(phrases: Sequence[Any]) -> list[dict[str, Any]]:
        return [{"phrase": one.phrase, "probability": round(one.probability, 6), "cosine": round(one.cosine, 6)} for one in phrases[:top]]

    told: dict[str, Any] = {"picture": str(picture), "found": {category: near(phrases) for category, phrases in found.found.items()}}
    told |= {"prompt": found.prompt, "cosine": round(found.cosine, 6), "written": None}
    if found.written:
        ranks = {category: {"phrase": phrase, "rank": rank} for category, (phrase, rank) in found.written.ranks.items()}
        told["written"] = {"text": found.written.text, "cosine": round(found.written.cosine, 6), "ranks": ranks}
    return dumps(told, allow_nan=False, ensure_ascii=False)


COMMANDS: dict[str, Any] = dict(daydream=daydream, layers=layers, read=read)
