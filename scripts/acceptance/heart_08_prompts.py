"""8. Prompts: what is understood, said before painting."""

from __future__ import annotations

import shlex

from page import Page

WHOLE = (
    "Knights in Black Armour fighting with sorcerers; oil painting; 4k",
    "a clock at 12:30",
    "Batman: the movie",
    "Blade Runner: 2049",
    'http://example.org:8080/a,b;c?d="e"',
    "it's \"quoted\", isn't it",
)
SEVERAL = {
    "a unicorn wearing a black armor | 4k | deviantart | artstation": ("1.0", "1.0", "1.0", "1.0"),
    "A painting of an apple in a fruit bowl | psychedelic | surreal:0.5 | weird:0.25": ("1.0", "1.0", "0.5", "0.25"),
    'a cat:2:0.5 | blurry:-0.5 | "1 | 2":3': ("2.0", "-0.5", "3.0"),
}
PARSE = """import sys
from reverie.prompts import parse, show

prompts = parse(sys.argv[1])
assert parse(show(prompts)) == prompts
print(*(f"{prompt.weight} | {prompt.stop} | {prompt.text}" for prompt in prompts), sep="\\n")
"""


def show(page: Page) -> None:
    page.say("Each line is weight | stop | text; `parse.py` also checks that what is printed is read again the same.")
    (page.folder / "parse.py").write_text(PARSE, encoding="utf-8")
    for text in WHOLE:
        told = page.run(f"python parse.py {shlex.quote(text)}")
        page.check("one prompt, its text as it was written", told.out.splitlines() == [f"1.0 | None | {text}"])
    for text, weights in SEVERAL.items():
        told = page.run(f"python parse.py {shlex.quote(text)}")
        found = tuple(line.split(" | ")[0] for line in told.out.splitlines())
        page.check(f"{len(weights)} prompts, with weights {', '.join(weights)}", found == weights)
    page.say("Before painting:")
    page.run("reverie 'a red apple | blurry:-0.5' --size 64 --steps 1 --out echo.png", says=["a red apple", "blurry", "-0.5"])
    page.tests("tests/test_prompts.py")
