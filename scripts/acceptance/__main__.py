"""``make acceptance``: run every script of an issue and write the page of what was seen.

``python scripts/acceptance 3 8`` runs only those points and prints their part of the page.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from page import ROOT, Page, machine

HEAD = """# Acceptance: the heart, and the first picture on a fresh machine

Written by `make acceptance` from what it saw; not by hand. Every command below was run, and every line marked
*ok* was checked by a script in `scripts/acceptance/`. Times that change from run to run are shown as N, but for
those that are the point.
"""


def main(numbers: list[str]) -> int:
    scripts = {path.stem.split("_")[1].lstrip("0"): path.stem for path in sorted(Path(__file__).parent.glob("heart_*.py"))}
    unknown = [number for number in numbers if number not in scripts]
    if unknown:
        print(
            f"There is no point {', '.join(unknown)}. There are: {', '.join(scripts)}; docs/quality.md is made by quality.py.",
            file=sys.stderr,
        )
        return 2
    points = [point(name) for number, name in scripts.items() if not numbers or number in numbers]
    summary = ["| point | seen |", "|---|---|"]
    summary += [f"| {title} | {'ok' if not page.failures else f'**{len(page.failures)} not ok**'} |" for title, page in points]
    body = [line for title, page in points for line in (f"## {title}", "", *page.lines)]
    text = "\n".join([HEAD, machine(), "", *summary, "", *body]).rstrip() + "\n"
    if numbers:
        print(text)
    else:
        target = ROOT / "docs" / "acceptance" / "heart.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"written: {target.relative_to(ROOT)}")
    failures = [f"{title}: {failure}" for title, page in points for failure in page.failures]
    print("\n".join(failures) or "everything was as asked", file=sys.stderr)
    return 1 if failures else 0


def point(name: str) -> tuple[str, Page]:
    """One script's page; a script that breaks is a failure, and the others still run."""
    script = import_module(name)
    title = (script.__doc__ or name).splitlines()[0].rstrip(".")
    print(title, file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="reverie-") as folder:
        page = Page(Path(folder))
        try:
            script.show(page)
        except Exception:
            page.check(f"the script broke: {traceback.format_exc(limit=-1).strip().splitlines()[-1]}", False)
    return title, page


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
