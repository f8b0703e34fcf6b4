"""``reverie resume``: what was interrupted goes on as if nothing had happened."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from reverie.cli.output import SWITCH, Output
from reverie.errors import BadRequest


def resume(
    name: Annotated[str, Parameter(help="of an interrupted run, as --list shows it; the newest by default")] = "",
    /,
    *,
    listing: Annotated[bool, SWITCH, Parameter(name="--list", help="show the interrupted runs and do nothing")] = False,
    forget: Annotated[bool, SWITCH, Parameter(help="remove the named run instead of going on with it; pictures stay")] = False,
    quiet: Annotated[bool, SWITCH, Parameter(name=["--quiet", "-q"], help="say nothing but where the pictures are")] = False,
    json: Annotated[bool, SWITCH, Parameter(help="tell what happens as one JSON object per line")] = False,
) -> int:
    """Go on with what was interrupted: by Ctrl-C, a crash, a power cut."""
    from reverie import runs

    if listing:
        return _listed()
    if forget:
        if not name:
            raise BadRequest("--forget needs the name of the run: reverie resume --list shows them.")
        runs.forget(runs.find(name))
        return 0
    from reverie.album import Album
    from reverie.cli.run import follow

    run = runs.Run.take(name)
    asked = run.request
    kind, seconds, hold = asked.film or (None, 0.0, 0.0)
    output = Output(
        every=asked.every, video=kind, seconds=seconds, hold=hold, quiet=quiet, json=json, device=asked.device,
        deterministic=asked.deterministic,
    )  # fmt: skip
    album = Album(asked.paths, asked.recipes, asked.overwrite, asked.before, asked.whole, asked.row, asked.together)
    return follow(asked, run, album, output)


def _listed() -> int:
    from reverie import runs
    from reverie.prompts import show
    from reverie.request import read_request

    for folder in runs.interrupted():
        try:
            asked = read_request(folder)
        except BadRequest as error:
            print(f"{folder.name}  {error}")
            continue
        left = f"{len(asked.dreams) - len(asked.done)} of {len(asked.dreams)} pictures to paint"
        print(f"{folder.name}  step {runs.taken(folder)}/{asked.steps}  {left}  {show(asked.dreams[0].prompts)}")
    return 0
