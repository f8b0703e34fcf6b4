"""4. What do these words do? Pairs, figures with intervals, and where a phrase is seen."""

from __future__ import annotations

import json
import math

import numpy as np
from page import ROOT, Page
from PIL import Image

from reverie.files import read_recipe
from reverie.prompts import show as written

SMALL = "--size 128 --quiet"


def show(page: Page) -> None:
    page.run(
        f"reverie craft test 'a castle' --with oil-painting,fresco,'trending on artstation' --seeds 4 {SMALL} --out effects.png",
        says=["judge: subject", "guide: words", "trending on artstation", "±", "4 pairs"],
        lines=30,
    )
    told = json.loads((page.folder / "effects.json").read_text())
    _pairs(page)
    figures = told["effects"][2]["changes"]["guide"]["subject"]
    page.check(
        f"the change is that of the means: {figures['with']:.3f} - {figures['without']:.3f} = {figures['change']:.3f}",
        math.isclose(figures["with"] - figures["without"], figures["change"], abs_tol=1e-4),
    )
    page.check(
        "the judge, who has no word for fresco, says so instead of a figure", told["effects"][1]["changes"]["judge"]["words"] is None
    )
    _shown(page, "effects.png", "craft-04-test")
    again = page.run(
        f"reverie craft test 'a castle' --with oil-painting,fresco,'trending on artstation' --seeds 4 {SMALL} --out effects.png", lines=6
    )
    page.check("asked again it paints nothing", "effects/" not in again.out)
    page.run(
        "reverie craft test 'a fox' 'an owl' 'a rose' --with at-night --seeds 1 --size 128 -q --out night.png",
        says=["3 subjects of 1 seed,"],
    )
    page.run("reverie craft test 'a castle' --with +oil-paintin", code=2, says=["Did you mean 'oil-painting'"])
    _ablated(page)
    page.say("Twenty modifiers, six subjects and four seeds, by `python scripts/effects.py`: [prompts.md](../prompts.md#measured).")


def _pairs(page: Page) -> None:
    """Each picture differs from the plain one of its seed in the words alone."""
    dreams = {path.stem: read_recipe(path).dream for path in sorted((page.folder / "effects").iterdir())}
    plain = {name: dreams[f"{name[:6]}-plain"].prompts for name in dreams}
    same = all(dream.model_copy(update={"prompts": plain[name]}) == dreams[f"{name[:6]}-plain"] for name, dream in dreams.items())
    fresco = written(dreams["seed-0-fresco"].prompts)
    page.check(f"{len(dreams)} pictures, {fresco!r} among them; pairs differ in words alone", same and len(dreams) == 16)


def _ablated(page: Page) -> None:
    page.run("reverie 'a fox @left | a castle @right' --out both.png --quiet")
    page.run(
        "reverie craft ablate both.png --paint --quiet",
        says=["a fox", "a castle", "guide: alone", "adds", "without it judge", "moved"],
        lines=24,
    )
    told = {one["phrase"]: one for one in json.loads((page.folder / "both-phrases.json").read_text())["phrases"]}
    page.check("both phrases have their figures, and a picture painted without each", all("repainted" in one for one in told.values()))
    with Image.open(page.folder / "both-phrases.png") as sheet:
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    warm = [_warmth(pixels, column) for column in (1, 2)]
    page.check(
        f"the fox is seen on the left and the castle on the right: left is warmer than right by {warm[0]:.1f} and {warm[1]:.1f} levels",
        warm[0] > 0 > warm[1],
    )
    _shown(page, "both-phrases.png", "craft-04-ablate")
    page.run("reverie 'a castle, oil painting, at sunset' --size 128 --out castle.png --quiet")
    page.run("reverie craft ablate castle.png --quiet", says=["oil painting", "at sunset"])
    page.run("reverie craft ablate castle.png --phrase owl", code=2, says=["no part of what was asked for"])


def _warmth(pixels: np.ndarray, column: int) -> float:
    """How much redder than bluer the left half of a map is than its right one; pictures stand 260 pixels apart, from the right edge."""
    width = pixels.shape[1]
    left = width - 12 - (3 - column) * 260 + 2
    map_ = pixels[90:330, left : left + 256]
    reds = map_[..., 0] - map_[..., 2]
    return float(reds[:, :128].mean() - reds[:, 128:].mean())


def _shown(page: Page, picture: str, name: str) -> None:
    with Image.open(page.folder / picture) as one:
        one.convert("RGB").save(ROOT / "docs" / "gallery" / f"{name}.webp", quality=80)
    page.say(f"![](../gallery/{name}.webp)")
