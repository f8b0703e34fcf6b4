"""7. Dreaming without words: layers, pictures and what is seen in them."""

from __future__ import annotations

import re

from page import Page, sheet

LAYERS = ("blocks.1", "blocks.3", "blocks.5")
PROMPTS = ("a red fox on grass", "a castle", "an owl, oil painting", "a green apple", "a sailboat", "a yellow banana")


def show(page: Page) -> None:
    page.run("reverie layers | tail -3", says=["head"])
    page.run("reverie 'a castle on a hill' --quiet --out castle.png")
    cells = ["castle.png"]
    for layer in LAYERS:
        page.run(f"reverie daydream castle.png --layer {layer} --quiet --out {layer}.png", says=[f"{layer}.png"])
        cells.append(f"{layer}.png")
    page.run("reverie daydream --size 256 --channel 12 --quiet --out clouds.png", says=["clouds.png"])
    cells.append("clouds.png")
    sheet(page, "craft-daydream", cells, 5)
    page.run(
        "reverie replay blocks.3.png --out again.png --quiet && cmp again.png blocks.3.png && echo the same bytes", says=["the same bytes"]
    )
    page.run("reverie daydream castle.png --layer blocks.99", code=2, says=["There are"])
    page.say("A picture is a prompt, and a place to begin:")
    page.run("reverie paint castle.png --quiet --out like.png", says=["like.png"])
    page.run("reverie 'oil painting' --init castle.png --init-weight 0.5 --quiet --out oil.png", says=["oil.png"])
    page.say("What is seen in what was painted:")
    first = 0
    for number, prompt in enumerate(PROMPTS):
        page.run(f"reverie '{prompt}' --quiet --out {number}.png")
        told = page.run(f"reverie read {number}.png --top 2", says=[prompt]).err
        first += re.search("thing '[^']*' is number 1(;|$)", told, re.MULTILINE) is not None
    page.check(f"the thing that was painted is the nearest in {first} of {len(PROMPTS)}", first >= len(PROMPTS) - 1)
    page.tests("tests/test_daydream.py", "tests/test_perceptors_inside.py", "tests/test_craft_sight.py", "tests/test_cli_craft_sight.py")
