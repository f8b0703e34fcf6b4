"""How words and styles are added to prompts: to the first text among them that the picture should be like.

Words follow it after commas, as people wrote it and as the built-in models were taught ("a castle, oil painting"). Its weight,
place and stop, and all other prompts, stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from reverie.craft.library import named
from reverie.errors import BadRequest
from reverie.prompts import Prompt

Prompts = tuple[Prompt, ...]
SLOT = "{prompt}"


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """What was typed, without the words ``+name``, and what the library adds for those; raises ``BadRequest`` for an unknown one.

    A text of several words that begins with + is text.
    """
    plus = [word for word in words if len(word) > 1 and word[0] == "+" and not any(letter.isspace() for letter in word)]
    return [word for word in words if word not in plus], [named(word[1:]).words for word in plus]


def attach(prompts: Prompts, additions: Sequence[str]) -> Prompts:
    """The prompts with words added to the first text; what it says already is not said twice."""
    place = first_text(prompts) if additions else 0
    text = prompts[place].text
    for addition in dict.fromkeys(additions):
        if addition.casefold() not in [part.strip(" .").casefold() for part in text.split(",")]:
            text = f"{text.rstrip(' ,;.')}, {addition}"
    return put(prompts, place, text)


def first_text(prompts: Prompts) -> int:
    """The place of the first text that the picture should be like; raises ``BadRequest`` where there is none."""
    for place, prompt in enumerate(prompts):
        if prompt.kind == "text" and prompt.weight > 0:
            return place
    raise BadRequest("Modifiers and styles are added to a text that the picture should be like, and there is none: write what to paint.")


def put(prompts: Prompts, place: int, text: str) -> Prompts:
    """The prompts with another text in this place."""
    return (*prompts[:place], prompts[place].model_copy(update={"text": text}), *prompts[place + 1 :])
