"""``make acceptance``: run every script of an issue and write the pages of what was seen.

``python scripts/acceptance heart 3 8`` runs only those points of a page and prints their part of it.
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from page import ROOT, Page, machine

WRITTEN = """Written by `make acceptance` from what it saw; not by hand. Every command below was run, and every line marked
*ok* was checked by a script in `scripts/acceptance/`. Times that change from run to run are shown as N, but for
those that are the point.
"""
PAGES = {
    "heart": f"# Acceptance: the heart, and the first picture on a fresh machine\n\n{WRITTEN}",
    "family": f"""# Acceptance: the whole family, faithful

{WRITTEN}
Every flag of VQGAN-CLIP, big-sleep and deep-daze, and where it went: [migration](../migration.md).
""",
    "runs": f"""# Acceptance: runs that hold

{WRITTEN}""",
    "craft": f"# Acceptance: prompt craft\n\n{WRITTEN}",
}


def main(words: list[str]) -> int:
    names = words[:1] if words and words[0] in PAGES else [] if words else list(PAGES)
    if not names:
        print(f"Give a page and its points, or nothing for all: {', '.join(PAGES)}; quality.md is quality.py's.", file=sys.stderr)
        return 2
    return max(page(name, words[1:]) for name in names)


def page(name: str, numbers: list[str]) -> int:
    scripts = {path.stem.split("_")[1].lstrip("0"): path.stem for path in sorted(Path(__file__).parent.glob(f"{name}_*.py"))}
    unknown = [number for number in numbers if number not in scripts]
    if unknown:
        print(f"There is no point {', '.join(unknown)} of {name}. There are: {', '.join(scripts)}.", file=sys.stderr)
        return 2
    points = [point(script) for number, script in scripts.items() if not numbers or number in numbers]
    summary = ["| point | seen |", "|---|---|"]
    summary += [f"| {title} | {'ok' if not page.failures else f'**{len(page.failures)} not ok**'} |" for title, page in points]
    body = [line for title, page in points for line in (f"## {title}", "", *page.lines)]
    text = "\n".join([PAGES[name], machine(), "", *summary, "", *body]).rstrip() + "\n"
    if numbers:
        print(text)
    else:
        target = ROOT / "docs" / "acceptance" / f"{name}.md"
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
