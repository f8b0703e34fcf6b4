"""7. Stopping well: plateaus, the judge's score, the best on the way, and both curves."""

from __future__ import annotations

from page import ROOT, Page

from reverie.files import read_curve


def show(page: Page) -> None:
    page.run("reverie 'a red apple' --out apple.png", says=["judge 0."])
    page.run("reverie plot apple.png", says=["apple.plot.png"])
    target = ROOT / "docs" / "gallery" / "plot.png"
    target.write_bytes((page.folder / "apple.plot.png").read_bytes())
    page.say("![loss and the judge's score over the steps](../gallery/plot.png)")
    page.run("reverie 'a fox' --steps 400 --patience 15 --out plateau.png", says=["of 400 steps, as asked"])
    page.run("reverie 'a fox' --steps 400 --stop-at 0.8 --out sure.png", says=["of 400 steps, as asked"])
    page.check("the judge was as sure as asked", read_curve(page.folder / "sure.png").scores[-1] >= 0.8)
    page.run("reverie 'a snowman' --keep-best --out best.png --quiet && reverie 'a snowman' --out last.png --quiet")
    scores = read_curve(page.folder / "last.png").scores
    page.check(f"the best on the way scored {max(scores):.3f}, the last {scores[-1]:.3f}", max(scores) >= scores[-1])
    page.run("reverie replay best.png --out again.png --quiet && cmp best.png again.png && echo same", says=["same"])
    page.run("reverie log --score 0.5 --limit 2", says=["score 0."])
    page.run("reverie 'qwxyz' --keep-best --out x.png", code=2, says=["knows none of the words"])
    page.tests("tests/test_watch.py", "tests/test_curve.py", "tests/test_plotting.py", "tests/test_cli_plot.py")
