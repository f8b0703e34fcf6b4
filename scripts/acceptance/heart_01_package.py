"""1. Package: a clean clone, two commands."""

from __future__ import annotations

import re

from page import ROOT, Page

PUBLIC = """from reverie import Dream, paint

for frame in paint(Dream("a red fox", generator="vqgan", steps=2)):
    print(frame.step, frame.image.size, frame.final)
"""


def show(page: Page) -> None:
    page.run(f"git clone -q {ROOT} clone && cd clone && make dream PROMPT='a red apple on a blue background'", lines=24)
    pictures = list((page.folder / "clone" / "dreams").glob("*.png"))
    page.check("the clean clone painted one picture", len(pictures) == 1)
    page.run("cd clone && make dream PROMPT=\"it's \\\"5 o'clock\\\" for \\$5\" ARGS='--steps 2 --size 64'", says=["it's", "for $5"])
    ci = page.run("cd clone && .ci/run", timeout=1500, lines=24)
    page.check(f"`.ci/run` took {ci.seconds / 60:.1f} minutes, at most 25", ci.seconds < 25 * 60)
    closing = re.findall(r"(\d+) passed.* in (\d+\.\d+)s", ci.out)
    tests, seconds = closing[-1] if closing else ("no", "inf")
    page.check(f"{tests} tests alone took {float(seconds) / 60:.1f} minutes, at most 8", float(seconds) < 8 * 60)
    (page.folder / "public.py").write_text(PUBLIC, encoding="utf-8")
    page.run("cat public.py && python public.py", says=["2 (256, 256) True"])
    page.run("python -c \"import importlib.metadata as m; print(*(r for r in m.requires('reverie') if 'extra' not in r), sep='\\n')\"")
    for name in ("LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md", "constraints.txt", "src/reverie/py.typed"):
        page.check(f"`{name}` is there", (ROOT / name).is_file())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page.check("the README opens with pictures", re.search(r"!\[|<img", "\n".join(readme.splitlines()[:20])) is not None)
