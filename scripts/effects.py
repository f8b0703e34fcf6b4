"""Measure what twenty modifiers do, and write the table and the sheet of docs/prompts.md.

    python scripts/effects.py [--out build/effects]

It paints 504 pictures by ``reverie craft test``, in about ten minutes on one core; what is painted already is not painted again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from guide import put

from reverie.cli import main as reverie
from reverie.craft.library import named
from reverie.images import load_picture
from reverie.sheets import sheet

ROOT = Path(__file__).parents[1]
SUBJECTS = ("a castle", "a fox", "a sailboat", "a rose", "an apple", "an owl")
MODIFIERS = (
    "oil-painting", "watercolour", "fresco", "stained-glass", "impasto", "impressionism", "ukiyo-e", "vincent-van-gogh", "medieval",
    "golden-hour", "at-night", "vibrant", "monochrome", "close-up", "gloomy", "trending-on-artstation", "deviantart", "4k",
    "ultra-realistic", "unreal-engine",
)  # fmt: skip
SEEDS, SIZE, CELL = 4, 128, 72


def cell(change: dict[str, float] | None) -> str:
    """Bold where the interval leaves zero out, and not all of it is rounding."""
    if change is None:
        return "-"
    text = f"{change['change']:+.2f} ±{change['half']:.2f}"
    return f"**{text}**" if abs(change["change"]) > change["half"] else text


def table(told: dict[str, object]) -> str:
    effects = told["effects"]
    assert isinstance(effects, list)
    first = effects[0]["changes"]
    lines = [
        f"{len(SUBJECTS)} subjects ({', '.join(SUBJECTS)}) of {SEEDS} seeds, {SIZE}x{SIZE} pixels (a quarter of the default's), all else "
        f"as by default. Without any: judge {first['judge']['subject']['without']:.2f}, guide "
        f"{first['guide']['subject']['without']:.2f}; another seed moves a picture by {told['reseeded']:.0f} levels of 255.",
        "",
        "| words | taught | judge: subject | judge: words | guide: subject | guide: words | moved |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in effects:
        changes = one["changes"]
        figures = [cell(changes[who][about]) for who in ("judge", "guide") for about in ("subject", "words")]
        lines.append(f"| {one['words']} | {'yes' if named(one['name']).taught else ''} | {' | '.join(figures)} | {one['moved']:.0f} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "effects")
    given = parser.parse_args()
    target = given.out.with_suffix(".png")
    asked = [*SUBJECTS, "--with", ",".join(MODIFIERS), "--seeds", str(SEEDS), "--size", str(SIZE), "--out", str(target), "--overwrite"]
    code = reverie(["craft", "test", *asked])
    if code:
        return code
    told = json.loads(target.with_suffix(".json").read_text())
    columns = [given.out / f"{subject.replace(' ', '-')}-seed-0-{{}}.png" for subject in SUBJECTS]
    rows = [[load_picture(str(column).format(name)) for column in columns] for name in ("plain", *MODIFIERS)]
    page = sheet(rows, SUBJECTS, ["(nothing)", *(named(name).words for name in MODIFIERS)], side=CELL)
    page.save(ROOT / "docs" / "gallery" / "craft-effects.webp", quality=80)
    put("effects", table(told))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
