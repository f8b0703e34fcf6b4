"""What pytest tells in a JUnit report: how each test ended, and what it recorded by the way."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from page import ROOT, Page, execute


@dataclass(frozen=True)
class Case:
    """One test: passed, failed or skipped, and its ``record_property`` pairs in order."""

    ended: str
    told: tuple[tuple[str, str], ...]


def begun(python: str) -> str:
    """The beginning of every command that runs tests here."""
    return f"PYTHONPATH=src OMP_NUM_THREADS=1 {python} -m pytest -q -W ignore -p no:cacheprovider"


def reported(page: Page, python: str, tests: Sequence[str]) -> dict[str, Case]:
    """Run tests and give them back by node id; nothing, and a failure on the page, where pytest itself failed."""
    report = page.folder / "junit.xml"
    result = execute(f"{begun(python)} -o junit_family=xunit1 --junitxml {report} {shlex.join(tests)}", ROOT, 3600)
    if not report.exists():
        page.check(f"pytest ran: {page.plain(result.out + result.err)[-300:]}", False)
        return {}
    found = cases(report)
    report.unlink()
    return found


def cases(report: Path) -> dict[str, Case]:
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        bad = any(case.find(kind) is not None for kind in ("failure", "error"))
        ended = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
        told = tuple((one.get("name", ""), one.get("value", "")) for one in case.iter("property"))
        found[f"{case.get('file')}::{case.get('name')}"] = Case(ended, told)
    return found


def cell(text: str) -> str:
    """Safe between the bars of a Markdown table."""
    return text.replace("|", "\\|")
