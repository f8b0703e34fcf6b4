"""How a language model is shown what is wanted: a sentence, some prompts in quotes, and the start of one more.

So Imogen asked davinci in 2021, with a sentence and an open quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reverie.craft.lists import lines

FILE = Path(__file__).with_name("examples.txt")
ABOUT = "Prompts for a neural network that paints: short, vivid descriptions of strange and beautiful pictures, and of how they are made."
STOPS = ('"', "\n")


def read_examples(path: Path | None) -> list[str]:
    """The examples in a file, or ours; raises ``BadRequest`` where there are none."""
    return lines(path or FILE, "examples")


def begun(examples: Sequence[str], given: str) -> str:
    """A text that goes on with a new prompt, which begins with what was asked for."""
    return "\n".join([ABOUT, "", *(f'"{example}"' for example in examples), f'"{given}'])


def ended(given: str, text: str) -> str:
    """What was asked for and how it went on, up to the closing quote or the end of the line; nothing where its last word grew longer."""
    for stop in STOPS:
        text = text.partition(stop)[0]
    return "" if given and text[:1].isalnum() else given + text
