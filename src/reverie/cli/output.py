"""Where pictures go and what is told on the way: the flags that ``paint`` and ``replay`` share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

SWITCH = Parameter(negative=(), show_default=False)
DEVICE = Parameter(help="auto, cpu, cuda, cuda:1, mps")


@Parameter(name="*", group="The pictures")
@dataclass(frozen=True)
class Output:
    """How a run ends up on disk and on the screen."""

    out: Annotated[Path, Parameter(help="a folder, or a file when it ends in .png, .jpg or .webp")] = Path("dreams")
    format: Annotated[Literal["png", "jpg", "webp"] | None, Parameter(help="of pictures in a folder; png by default")] = None
    every: Annotated[int | None, Parameter(help="save a numbered still every so many steps", validator=Number(gte=1))] = None
    video: Annotated[Literal["mp4", "webm", "gif", "webp", "avif"] | None, Parameter(help="make a video of the way there")] = None
    seconds: Annotated[float, Parameter(help="of the video's way", validator=Number(gt=0, lte=3600))] = 6.0
    hold: Annotated[float, Parameter(help="seconds of the finished picture at the video's end", validator=Number(gte=0, lte=3600))] = 1.5
    no_metadata: Annotated[bool, SWITCH, Parameter(help="leave the recipe out of the pictures")] = False
    overwrite: Annotated[bool, SWITCH, Parameter(help="let --out replace a file that exists")] = False
    quiet: Annotated[bool, SWITCH, Parameter(name=["--quiet", "-q"], help="say nothing but where the pictures are")] = False
    json: Annotated[bool, SWITCH, Parameter(help="tell what happens as one JSON object per line")] = False
    device: Annotated[str, DEVICE] = "auto"
    deterministic: Annotated[bool, SWITCH, Parameter(help="the same pixels every time on CUDA, slower; a CPU's are anyway")] = False

    def settle(self) -> None:
        """What holds for all that this process paints."""
        if self.deterministic:
            from reverie.plan import exactly

            exactly(self.device)
