"""7. First built-in models: a fresh reader names the pictures."""

from __future__ import annotations

import re

from page import ROOT, Page
from PIL import Image


def show(page: Page) -> None:
    weights = sorted((ROOT / "src" / "reverie" / "weights").glob("*.safetensors"))
    total = sum(path.stat().st_size for path in weights) / 1e6
    page.check(f"{', '.join(path.name for path in weights)}: {total:.1f} MB together, at most 24", bool(weights) and total <= 24)
    sheet = (ROOT / "docs" / "gallery" / "first.md").read_text(encoding="utf-8")
    with Image.open(ROOT / "docs" / "gallery" / "first.png") as picture:
        page.check(f"`docs/gallery/first.png` is there, {picture.width}x{picture.height}", True)
    found = re.search(r"\b(\d+) (?:of|out of|/) ?(?:the )?20\b", sheet)
    page.check(
        f"`docs/gallery/first.md`: {found[0] if found else 'no count'} named right, at least 12", bool(found and int(found[1]) >= 12)
    )
    page.run("reverie train --help")
