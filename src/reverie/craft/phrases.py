"""The phrases that prompts are made of, and the prompts without each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reverie.craft.attach import Prompts, put
from reverie.errors import BadRequest


@dataclass(frozen=True)
class Phrase:
    """``text`` is a part of the prompt at ``place``; ``rest`` are the prompts without it, none where it is all that there is."""

    text: str
    place: int
    rest: Prompts


def phrases(prompts: Prompts, chosen: Sequence[str] = ()) -> list[Phrase]:
    """What stands between commas in each text that counts, or the ``chosen`` parts of them; ``BadRequest`` for one that is in none."""
    texts = [place for place, prompt in enumerate(prompts) if prompt.kind == "text" and prompt.weight]
    if chosen:
        return [_chosen(prompts, texts, one) for one in chosen]
    found = []
    for place in texts:
        parts = [part.strip() for part in re.split(r"[,;]", prompts[place].text) if part.strip()]
        for number, part in enumerate(parts):
            others = parts[:number] + parts[number + 1 :]
            found.append(Phrase(part, place, _without(prompts, place, ", ".join(others))))
    if not found:
        raise BadRequest("Nothing in this picture's recipe is text: there is no phrase to leave out.")
    return found


def _chosen(prompts: Prompts, texts: Sequence[int], given: str) -> Phrase:
    for place in texts:
        found = re.search(re.escape(given.strip()), prompts[place].text, re.IGNORECASE) if given.strip() else None
        if found:
            left = prompts[place].text[: found.start()] + " " + prompts[place].text[found.end() :]
            tidy = re.sub(r"\s*([,;])[\s,;]*", r"\1 ", re.sub(r"\s+", " ", left)).strip(" ,;")
            return Phrase(found[0], place, _without(prompts, place, tidy))
    there = " | ".join(prompts[place].text for place in texts)
    raise BadRequest(f"{given!r} is no part of what was asked for: {there}")


def _without(prompts: Prompts, place: int, text: str) -> Prompts:
    return put(prompts, place, text) if text else prompts[:place] + prompts[place + 1 :]
