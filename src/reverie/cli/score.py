"""``reverie score A.png B.png --text "a cat" --text "a dog"``: which text fits which picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from reverie.cli.flags import METAVARS
from reverie.cli.flags import options as parse_options
from reverie.cli.output import DEVICE, SWITCH
from reverie.errors import BadRequest


def score(
    *pictures: Annotated[Path, Parameter(help="pictures to compare with the texts")],
    text: Annotated[list[str] | None, Parameter(negative=(), allow_leading_hyphen=True, help="a caption; give several to compare")] = None,
    perceptor: Annotated[str, Parameter(help="who compares")] = "mini",
    option: Annotated[
        list[str] | None,
        Parameter(name=["--option", "-o"], negative=(), metavar=METAVARS["options"], help="the perceptor's own, as clip.weights=FILE"),
    ] = None,
    device: Annotated[str, DEVICE] = "auto",
    json: Annotated[bool, SWITCH, Parameter(help="one JSON object")] = False,
) -> int:
    """Tell how well texts fit pictures: the cosine of each with each (-1 to 1), and the best text for each picture."""
    from reverie import registry
    from reverie.images import load_picture

    texts = [one for one in text or [] if one.strip()]
    if not pictures or not texts:
        raise BadRequest("Comparing needs pictures and texts: reverie score a.png b.png --text 'a cat' --text 'a dog'.")
    registry.check("perceptor", perceptor)
    loaded = [load_picture(picture) for picture in pictures]
    from reverie.build import score as compare

    scores = compare(loaded, texts, perceptor, device, parse_options(option or []))
    print(as_json(pictures, texts, scores) if json else table(pictures, texts, scores))
    return 0


def best(texts: Sequence[str], scores: Sequence[float]) -> str:
    return texts[max(range(len(texts)), key=lambda place: scores[place])]


def as_json(pictures: Sequence[Path], texts: Sequence[str], scores: Sequence[Sequence[float]]) -> str:
    from json import dumps

    found = [
        {"picture": str(picture), "scores": [round(value, 6) for value in row], "best": best(texts, row)}
        for picture, row in zip(pictures, scores, strict=True)
    ]
    return dumps({"texts": list(texts), "pictures": found}, allow_nan=False)


def table(pictures: Sequence[Path], texts: Sequence[str], scores: Sequence[Sequence[float]]) -> str:
    """A column per text, named by its number where it is long; then the best text for each picture."""
    names = [str(picture) for picture in pictures]
    width = max(map(len, names))
    columns = [max(6, len(text)) for text in texts]
    lines = [" " * width + "".join(f"  {text:>{column}}" for text, column in zip(texts, columns, strict=True))]
    for name, row in zip(names, scores, strict=True):
        lines.append(f"{name:<{width}}" + "".join(f"  {value:>{column}.3f}" for value, column in zip(row, columns, strict=True)))
    lines += [f"{name}: {best(texts, row)}" for name, row in zip(names, scores, strict=True)]
    return "\n".join(lines)
