"""9. Output: pictures with their recipe inside."""

from __future__ import annotations

from hashlib import sha256

from page import Page

SMALL = "--size 64 --steps 3 --generator pixels --quiet"


def show(page: Page) -> None:
    for kind in ("png", "jpg", "webp"):
        page.run(f"reverie 'a red apple' {SMALL} --out apple.{kind}", says=[f"apple.{kind}"])
        page.run(f"reverie show apple.{kind}", says=["a red apple"], lines=24)
    page.say("Painted again, the same bytes; and with other settings:")
    page.run("reverie replay apple.png --out again.png --quiet")
    same = sha256((page.folder / "apple.png").read_bytes()).digest() == sha256((page.folder / "again.png").read_bytes()).digest()
    page.check("apple.png and again.png are the same bytes", same)
    page.run("reverie replay apple.png --set steps=5 --out longer.png --quiet && reverie show longer.png --json", says=['"steps": 5'])
    page.say("Without:")
    page.run(f"reverie 'a red apple' {SMALL} --no-metadata --out plain.png")
    page.run("reverie show plain.png", code=2)
    page.say("Names from any prompt, in any script, and never one over another:")
    for text in ("a red apple", "a red apple", "赤いりんご", "../../etc/passwd", "🍎"):
        page.run(f"reverie '{text}' {SMALL}")
    names = sorted(path.name for path in (page.folder / "dreams").iterdir())
    page.check(f"five pictures in `dreams`: {', '.join(names)}", len(names) == 5)
    page.run(f"reverie 'a red apple' {SMALL} --out apple.png", code=2)
    page.say("Stills:")
    page.run("reverie 'a red apple' --size 64 --steps 6 --generator pixels --every 2 --out stills.png --quiet && ls | grep stills")
    page.tests("tests/test_files.py", "tests/test_recipe.py", "tests/test_naming.py")
