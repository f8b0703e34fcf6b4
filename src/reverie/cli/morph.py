"""``reverie morph a.png b.png --video mp4``: from one finished picture to another, through the generator."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from reverie.cli.output import DEVICE, SWITCH
from reverie.video import Kind


def morph(
    *pictures: Annotated[Path, Parameter(help="two pictures or videos of Reverie's, of one generator and size")],
    video: Annotated[Kind, Parameter(help="the format")] = "mp4",
    seconds: Annotated[float, Parameter(help="of the way", validator=Number(gt=0, lte=3600))] = 4.0,
    hold: Annotated[float, Parameter(help="seconds of each picture, before and after", validator=Number(gte=0, lte=3600))] = 0.5,
    out: Annotated[Path | None, Parameter(help="a folder, or a file that ends in the format; beside the first picture by default")] = None,
    device: Annotated[str, DEVICE] = "auto",
    quiet: Annotated[bool, SWITCH, Parameter(name=["--quiet", "-q"], help="say nothing but where the video is")] = False,
) -> int:
    """A video of the way between two pictures. Both are painted again first, since a picture does not tell its latent."""
    from reverie import morph as way
    from reverie.errors import BadRequest
    from reverie.files import check_writable
    from reverie.interrupt import STOPPED, stoppable
    from reverie.video import FPS, check, kind_of, read_recipe, save_video

    if len(pictures) != 2:
        raise BadRequest(f"A way leads from one picture to another, and {len(pictures)} were given: reverie morph a.png b.png.")
    first, last = pictures
    one, other = read_recipe(first), read_recipe(last)
    way.check(one, other)
    named = out is not None and out.suffix != ""
    path = out if out and named else (out or first.parent) / f"{first.stem}-to-{last.stem}.{video}"
    frames, held = max(2, round(seconds * FPS)), round(hold * FPS)
    check(kind_of(path), *one.stages()[-1][0].size, frames + 2 * held)
    check_writable(path.parent)
    if not quiet:
        print(f"both pictures are painted again, then {frames} on the way", file=sys.stderr)
    with stoppable("no video") as stop:
        seen = list(way.morph(one, other, frames, device, stop))
        if stop():
            return STOPPED
    whole = [*seen[:1] * held, *seen, *seen[-1:] * held]
    print(save_video(whole, path, other.model_copy(update={"parent": one.portable().to_json()})))
    return 0
