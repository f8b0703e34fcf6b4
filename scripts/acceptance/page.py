"""What an acceptance script sees, as a page: commands, what they printed, and whether that is what was asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = 14  # of output that a page shows; the middle of longer ones is left out

# What differs between two runs of the same code, and would make a page that nobody can compare.
PASSING = (
    (re.compile(r"\d+(\.\d+)? steps/s"), "N steps/s"),
    (re.compile(r"\d+(:\d\d)*( s)? left"), "N s left"),
    (re.compile(r"\bin \d+(\.\d+)?( ?s| seconds)\b( \(.*?\))?"), "in N s"),
    (re.compile(r"at step \d+ +steps became \d+"), "at step N steps became N"),
    (re.compile(r'"seconds": \d+(\.\d+)?'), '"seconds": N'),
)


@dataclass(frozen=True)
class Result:
    """How a command ended: what it printed (``out``), complained (``err``), and how long it took."""

    code: int
    out: str
    err: str
    seconds: float


@dataclass
class Page:
    """One point's part of the page. Everything runs in ``folder``, with a home of its own."""

    folder: Path
    lines: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines += [text, ""]

    def run(
        self,
        command: str,
        *,
        code: int = 0,
        says: Sequence[str] = (),
        lacks: Sequence[str] = (),
        lines: int = LINES,
        timeout: float = 900,
    ) -> Result:
        """Run a shell command as one would type it and show it; checks the exit code and what was printed."""
        result = execute(command, self.folder, timeout)
        shown = self.plain(result.out + result.err)
        self.lines += [
            "```console",
            f"$ {self.plain(command)}",
            *trimmed(shown, lines),
            *([f"[exit code {result.code}]"] if result.code else []),
            "```",
            "",
        ]
        if result.code != code:
            self.check(f"`{command}` exits with {code}, not {result.code}", False)
        for text in says:
            if text not in shown:
                self.check(f"`{command}` says {text!r}", False)
        for text in lacks:
            if text in shown:
                self.check(f"`{command}` does not say {text!r}", False)
        return result

    def quietly(self, command: str) -> Result:
        """Run a command without showing it."""
        return execute(command, self.folder, 60)

    def check(self, what: str, fine: bool) -> None:
        """A line that says what was looked at and whether it held."""
        self.lines += [f"- {'ok' if fine else '**NOT OK**'}: {what}", ""]
        if not fine:
            self.failures.append(what)

    def tests(self, *names: str) -> None:
        """Run permanent tests by name and quote their closing line."""
        result = execute(f"{sys.executable} -m pytest -q -p no:cacheprovider {' '.join(names)}", ROOT, 900)
        closing = self.plain(result.out).strip().splitlines()[-1:] or ["no output"]
        self.check(f"`pytest {' '.join(names)}`: {closing[0].strip('= ')}", result.code == 0)
        if result.code:
            self.lines += ["```", *trimmed(self.plain(result.out + result.err), LINES), "```", ""]

    def plain(self, text: str) -> str:
        """Without this machine's folders and this run's times."""
        for path, name in (
            (self.folder, "."),
            (Path(sys.prefix), ".venv"),
            (ROOT, "reverie"),
            (Path(tempfile.gettempdir()), "/tmp"),
            (Path.home(), "~"),
        ):
            text = text.replace(str(path), name)
        for pattern, instead in PASSING:
            text = pattern.sub(instead, text)
        return text


def execute(command: str, folder: Path, timeout: float) -> Result:
    """The command in bash, with our own programs first on the PATH and nothing read from anybody's home."""
    home = folder / ".home" if folder != ROOT else Path(tempfile.gettempdir()) / "reverie-acceptance-home"
    here = Path(sys.executable).parent
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "DREAM_TEXT", "VIRTUAL_ENV"))},
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "REVERIE_HOME": str(home),
        "TMPDIR": str(temporary),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    began = time.perf_counter()
    try:
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return Result(124, "", f"still running after {timeout:.0f} s\n", timeout)
    return Result(done.returncode, done.stdout, done.stderr, time.perf_counter() - began)


def sheet(page: Page, name: str, pictures: Sequence[str], columns: int, side: int = 192) -> None:
    """A contact sheet of a page's pictures in the gallery, shown with their names in order."""
    from PIL import Image

    rows = -(-len(pictures) // columns)
    found = Image.new("RGB", (columns * side, rows * side), "white")
    for i, picture in enumerate(pictures):
        with Image.open(page.folder / picture) as one:
            found.paste(one.convert("RGB").resize((side, side), Image.Resampling.LANCZOS), (i % columns * side, i // columns * side))
    found.save(ROOT / "docs" / "gallery" / f"{name}.webp", quality=85)
    named = ", ".join(f"`{picture.rpartition('.')[0]}`" for picture in pictures)
    page.say(f"![](../gallery/{name}.webp) {named}, row by row")


def trimmed(text: str, lines: int) -> list[str]:
    """The first and last lines; those between are counted."""
    found = [line.rstrip() for line in text.strip("\n").splitlines()]
    if len(found) <= lines:
        return found
    head = lines // 2
    tail = lines - head - 1
    return [*found[:head], f"... ({len(found) - head - tail} lines)", *found[-tail:]]


def machine() -> str:
    """The facts about this machine on which figures depend."""
    import platform

    import torch

    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        flags = set()
    fast = [name for name in ("avx512_bf16", "amx_bf16") if name in flags]
    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "no CUDA"
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {' and '.join(fast) or 'no fast bf16'}, {cuda}; "
        f"Python {platform.python_version()}, torch {torch.__version__}."
    )
