"""2. Wildcards and combinatorics: the field's own syntax, drawn by the dream's seed."""

from __future__ import annotations

import json

from page import Page

from reverie.craft.drawing import drawn

WILD = "a __colours/*__ __animals__, __craft/light__"
QUICK = "--steps 2 --size 64x64 --quiet"


def show(page: Page) -> None:
    lists = page.folder / "lists"
    (lists / "colours").mkdir(parents=True)
    (lists / "animals.txt").write_text("# three of them\nfox\nowl\n{young|old} hare\n", encoding="utf-8")
    (lists / "colours" / "warm.txt").write_text("red\norange\n", encoding="utf-8")
    (lists / "colours" / "cold.yaml").write_text("- 3::blue\n- green\n", encoding="utf-8")
    page.run(f"reverie 'a {{red|blue}} fox' --batch 4 --seed 1 {QUICK} --out four", says=["four/"])
    page.check(f"four seeds, each its own word: {', '.join(_prompts(page, 'four'))}", len(set(_prompts(page, "four"))) == 2)
    page.run(f"reverie 'a {{red|blue}} {{fox|owl}} in {{2$$ and $$snow|fog|rain}}' --all {QUICK} --out all")
    found = _prompts(page, "all")
    page.check(f"--all paints each of the {len(found)} texts that there can be once", len(set(found)) == len(found) >= 12)
    page.run(f"reverie '{WILD}' --wildcards lists --batch 4 --seed 3 {QUICK} --out globs")
    painted = _prompts(page, "globs")
    page.check(f"they painted: {'; '.join(painted)}", len(painted) == 4 and not any("_" in one or ":" in one for one in painted))
    page.run(f"reverie '${{x={{red|blue}}}}a ${{x}} fox' --seed 2 {QUICK} --out variable.png && reverie show variable.png | head -1")
    page.say("A weight of three is three times as often:")
    red = sum(drawn("{3::red|blue}", seed, [], None, {}) == ["red"] for seed in range(2000))
    page.check(f"of 2,000 seeds {red} draw red", 1440 < red < 1560)
    page.say("The seed draws, so that a picture of a batch is of what its seed draws alone; a replay needs no list:")
    page.run(f"reverie '{WILD}' --wildcards lists --seed 4 {QUICK} --out alone && ls globs/\"$(ls alone)\"")
    page.run("rm -r lists && reverie replay alone/*.png --out again.png --quiet && cmp alone/*.png again.png")
    page.run("reverie 'a __nothing__ fox' --wildcards . --steps 2", code=2, says=["nothing"])
    page.run("reverie 'a {red|blue fox' --steps 2", code=2)
    page.run("reverie '{a|b|c|d|e|f|g|h} {a|b|c|d|e|f|g|h} {a|b|c|d|e|f|g|h}' --all", code=2, says=["256"])
    page.tests("tests/test_craft_templates.py", "tests/test_cli_wording.py")


def _prompts(page: Page, folder: str) -> list[str]:
    """What the pictures of a folder were painted of, by their recipes."""
    told = page.quietly(f"for one in {folder}/*.png; do reverie show $one --json; done").out
    return [json.loads(line)["dream"]["prompts"][0]["text"] for line in told.splitlines()]
