"""The parts of docs/prompts.md that scripts write, each between marks of its script's name."""

from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs" / "prompts.md"


def put(name: str, text: str) -> None:
    """Write what ``scripts/NAME.py`` measured in the place of what it measured before."""
    begin, end = f"<!-- {name}: written by scripts/{name}.py -->", f"<!-- {name} end -->"
    before, _, rest = GUIDE.read_text(encoding="utf-8").partition(begin)
    GUIDE.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")
