"""What a scene shows, in words: sentences that vary, and a wrong one that differs in a single thing."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reverie.data.concepts import Concept
from reverie.data.words import COLOUR_SYNONYMS, COLOURS, GROUNDS, LEADS, STYLE_JOINS, STYLES


@dataclass(frozen=True)
class Facts:
    """What is true of one scene. ``ground`` may be a key of GROUNDS or a colour word; empty strings mean unsaid."""

    subject: str
    colour: str = ""
    second: str = ""  # another subject beside the first; the same name means two of it
    ground: str = ""
    style: str = ""
    jumbled: bool = False  # cut up and shuffled: the parts are there, the thing is not


def article(words: str) -> str:
    """``a`` or ``an`` before the words, or nothing before plurals and names."""
    first = words.split()[0] if words.split() else ""
    if not first or first[0].isupper() or (words.endswith("s") and not words.endswith("ss")):
        return words
    return f"{'an' if first[0] in 'aeiou' else 'a'} {words}"


def plural(name: str) -> str:
    if name.endswith("s") and not name.endswith("ss"):
        return name
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


def _say(colour: str, dice: random.Random) -> str:
    return dice.choice((colour, colour, colour, *COLOUR_SYNONYMS.get(colour, ())))


def sentence(facts: Facts, dice: random.Random) -> str:
    """One wording of the facts; optional parts that are empty stay unsaid."""
    name = f"{_say(facts.colour, dice)} {facts.subject}" if facts.colour else facts.subject
    if facts.jumbled:
        return dice.choice((f"pieces of {article(name)}", f"a jumbled {name}", f"scattered parts of {article(name)}"))
    if facts.second == facts.subject:
        scene = f"two {plural(name)}"
    elif facts.second:
        scene = f"{article(name)} {dice.choice(('and', 'next to', 'beside'))} {article(facts.second)}"
    else:
        scene = dice.choice((name, article(name), article(name), f"the {name}"))
    scene = dice.choice(LEADS) + scene
    if facts.ground in COLOURS:
        colour = _say(facts.ground, dice)
        scene += dice.choice((f" on a {colour} background", f" on {colour}", f" with a {colour} background"))
    elif facts.ground:
        scene += " " + dice.choice(GROUNDS[facts.ground])
    if facts.style:
        scene = dice.choice(STYLE_JOINS).format(scene=scene, style=dice.choice(STYLES[facts.style]))
    return scene


def contrast(facts: Facts, concepts: Sequence[Concept], dice: random.Random) -> Facts:
    """The same facts with one changed, the finest that was said: a wrong caption that is hard to tell.

    ``concepts`` are two or more.
    """
    if facts.jumbled:
        return replace(facts, jumbled=False)
    said = [part for part in ("colour", "ground", "style") if getattr(facts, part)]
    if facts.second and dice.random() < 0.5:
        return replace(facts, second="" if dice.random() < 0.5 else _another(concepts, facts.second, dice))
    if not said or dice.random() < 0.3:
        return replace(facts, subject=_another(concepts, facts.subject, dice))
    part = dice.choice(said)
    if part == "colour":
        return replace(facts, colour=_other(COLOURS, facts.colour, dice))
    if part == "style":
        return replace(facts, style=_other(STYLES, facts.style, dice))
    return replace(facts, ground=_other(COLOURS if facts.ground in COLOURS else GROUNDS, facts.ground, dice))


def _another(concepts: Sequence[Concept], now: str, dice: random.Random) -> str:
    while (name := dice.choice(concepts).name) == now:
        pass  # drawn again: its own name would be no wrong caption
    return name


def _other(pool: Iterable[str], now: str, dice: random.Random) -> str:
    return dice.choice([word for word in pool if word != now])
