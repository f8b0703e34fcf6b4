"""1. Modifier library: words that others paint with, and styles that people share."""

from __future__ import annotations

from collections import Counter

from page import Page

from reverie.craft.library import modifiers

QUICK = "--steps 3 --size 64x64 --seed 1"
ASKED = ("trending on artstation", "deviantart", "4k", "ultra-realistic", "rendered in unreal engine")
STYLE = """about: an old book's plate
prompt: an engraving of {prompt} | blurry:-0.3
modifiers: [engraving, sepia, on old paper]
dream: {saturation: 0.5, size: 80x96, steps: 3}
"""


def show(page: Page) -> None:
    counts = Counter(one.category for one in modifiers())
    page.check(f"{counts.total()} modifiers: {', '.join(f'{count} {name}' for name, count in counts.items())}", len(counts) >= 10)
    words = {one.words.lower() for one in modifiers()}
    missing = [text for text in ASKED if not any(text in one for one in words)]
    page.check(f"the words of the time are there: {', '.join(ASKED)}", not missing)
    page.check("each has a note of what it stands for", all(one.note.strip() for one in modifiers()))
    page.run("reverie craft list light")
    page.run("reverie craft list wave fuji", says=["Hokusai"])
    page.run("reverie craft list --json | head -2")
    page.run("reverie craft list lihgt", says=["Did you mean 'light'?"])
    page.say("A modifier follows the first text, keeps its weight and place, and says nothing twice; the recipe holds the words:")
    page.run(f"reverie 'a castle:2 | fog:-0.5' +oil-painting +golden-hour {QUICK} --out c.png --quiet && reverie show c.png | head -3",
             says=["a castle, oil painting, golden hour"])  # fmt: skip
    page.run(f"reverie 'a castle' +oil-paintng {QUICK}", code=2, says=["oil-painting"])
    page.say("A style is a YAML file that people write and share; flags win over it:")
    (page.folder / "plate.yaml").write_text(STYLE, encoding="utf-8")
    page.run("cat plate.yaml && reverie 'a fox' --style plate.yaml --seed 1 --out plate.png --quiet && reverie show plate.png | head -8",
             says=["an engraving of a fox", "80x96"])  # fmt: skip
    page.run("reverie craft styles")
    page.run("reverie 'a fox' --style old-master --size 128 --out master.png --quiet")
    (page.folder / "wrong.yaml").write_text("dream: {steeps: 3}\n", encoding="utf-8")
    page.run("reverie 'a fox' --style wrong.yaml", code=2, says=["steeps", "steps"])
    page.tests("tests/test_craft_library.py", "tests/test_craft_attach.py", "tests/test_craft_styles.py", "tests/test_cli_craft.py")
