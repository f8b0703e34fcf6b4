"""Directions as files: from example texts to a vector, with what it was made of and how well it tells them apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reverie.checks import check
from reverie.dream import Dream
from reverie.errors import BadRequest
from reverie.files import check_writable, write_file


def made(dream: Dream, out: Path, overwrite: bool = False) -> dict[str, Any]:
    """Write the direction of a dream's ``more`` and ``less`` for its first perceptor, and tell about it; raises ``BadRequest``.

    ``leaning`` holds for each side the mean, least and largest cosine of its texts along the direction, counted from the middle between
    the sides where there are two; ``mixed`` says whether a text of one side leans further than one of the other.
    """
    check(dream)
    check_writable(out.parent)
    if out.exists() and not overwrite:
        raise BadRequest(f"{str(out)!r} exists: give --out another name, or --overwrite.")
    import torch
    from safetensors.torch import save

    from reverie.build import component
    from reverie.reading import direction, vectors

    name = dream.perceptors[0].name
    eye = component("perceptor", name, dream, torch.device("cpu"))
    with torch.no_grad():
        way = direction(dream.more, dream.less, eye)
        sides = {side: vectors(those, eye) @ way for side, those in (("more", dream.more), ("less", dream.less)) if those}
    middle = sum(float(along.mean()) for along in sides.values()) / 2 if len(sides) == 2 else 0.0
    leaning = {side: [round(float(one) - middle, 4) for one in (along.mean(), along.min(), along.max())] for side, along in sides.items()}
    mixed = len(sides) == 2 and leaning["more"][1] <= leaning["less"][2]
    about = {"perceptor": name, "more": list(dream.more), "less": list(dream.less)}
    data = save({"direction": way.float().cpu().contiguous()}, {key: json.dumps(value) for key, value in about.items()})
    write_file(out, data, overwrite=overwrite)
    return {**about, "path": str(out), "numbers": len(way), "leaning": leaning, "mixed": mixed}
