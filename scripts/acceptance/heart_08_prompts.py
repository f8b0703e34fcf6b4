"""8. Prompts: what is understood, said before painting."""

from __future__ import annotations

import shlex

from page import Page

HOW_MANY = {
    "Knights in Black Armour fighting with sorcerers; oil painting; 4k": 1,
    "a unicorn wearing a black armor | 4k | deviantart | artstation": 4,
    "A painting of an apple in a fruit bowl | psychedelic | surreal:0.5 | weird:0.25": 4,
    "a clock at 12:30": 1,
    "Batman: the movie": 1,
    "Blade Runner: 2049": 1,
    "https://example.org/a:2": 1,
    'a cat:2:0.5 | blurry:-0.5 | "1 | 2":3': 3,
}
ECHO = (
    "python -c 'import sys; from reverie.prompts import parse, show; p = parse(sys.argv[1]); "
    "print(*p, sep=chr(10)); assert parse(show(p)) == p; print(len(p), show(p), sep=chr(10))' "
)


def show(page: Page) -> None:
    for text, count in HOW_MANY.items():
        told = page.run(ECHO + shlex.quote(text))
        lines = told.out.splitlines()
        page.check(f"{count} prompt{'s' if count > 1 else ''}, and printed and read again the same", str(count) in lines)
    page.say("Before painting:")
    page.run("reverie 'a red apple | blurry:-0.5' --size 64 --steps 1 --out echo.png", says=["a red apple", "blurry", "-0.5"])
    page.tests("tests/test_prompts.py")
