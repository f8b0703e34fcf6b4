"""The command line: the only place that prints errors and exits."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``reverie`` with these words (``sys.argv`` by default); returns the exit code."""
    from reverie.cli.app import run

    return run(argv)
